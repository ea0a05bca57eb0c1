"""The media library: bytes in, parts and segments out.

It knows no database, no web framework and nothing of the node. Start reading at `track.py`, then `ingest.py`.
"""
