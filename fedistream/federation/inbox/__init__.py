"""The inboxes: accepting activities from other servers and acting on them. Begin at `service.py`."""
