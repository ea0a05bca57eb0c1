"""Packaging: samples to parts, segments and playlists (RFC 8216bis).

`cutter` decides where to cut, `window` keeps what was cut, `llhls` serves it. Start reading at `llhls.py`.
"""
