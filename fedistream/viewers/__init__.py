"""Viewers: counted in memory (`service.py`). Only the counts are stored, one row a minute (`history.py`)."""
