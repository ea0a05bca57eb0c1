"""The chat's web socket as Owncast's clients speak it. Begin at `endpoint.py`."""
