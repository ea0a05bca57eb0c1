"""Broadcasts: one live session of a channel, from its first sample to its end, encoder drops included.

Values in `values.py`, the state machine in `session.py`, rows in `repository.py`. Start reading at `service.py`.
"""
