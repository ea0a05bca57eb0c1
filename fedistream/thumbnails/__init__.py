"""Thumbnails of live broadcasts, for cards, posters and notices. Start reading at `service.py`."""
