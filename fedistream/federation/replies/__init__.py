"""Replies and mentions from other servers, and how they reach the chat. Begin at `service.py`."""
