"""The posts of a channel: writing, storing, sending, quoting. Begin at `service.py`."""
