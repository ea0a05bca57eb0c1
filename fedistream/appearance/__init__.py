"""The channel's logo and favicon, and the files that the operator publishes. Start reading at `service.py`."""
