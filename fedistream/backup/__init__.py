"""Backups of the whole node in one file: database, keys, emoji. Begin at `service.py`; the file is in `archive.py`."""
