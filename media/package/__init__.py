"""Packaging: samples to parts, segments and playlists (RFC 8216bis).

`cutter` decides where to cut, `segment_window` keeps what was cut, `packager` serves it.
Start reading at `packager.py`.
"""
