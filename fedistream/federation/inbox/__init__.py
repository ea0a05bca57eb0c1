"""What arrives in an inbox and what it leads to. Begin at `service.py`."""
