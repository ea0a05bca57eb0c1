"""Broadcasts: the live sessions of a channel, each from its first sample to its end, encoder drops included.

Values are in `values.py`, the state machine in `session.py`, rows in `repository.py`. Start reading at `service.py`.
"""
