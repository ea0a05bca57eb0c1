"""Broadcasts: one live session of a channel, from its first sample to its end, encoder drops included.

Values in `air.py`, the state machine in `onair.py`, rows in `log.py`. Start reading at `service.py`.
"""
