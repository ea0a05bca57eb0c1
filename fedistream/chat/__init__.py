"""Chat: who talks, what was said, and who may not.

Values in `values.py`; who is in the room now and what they hear in `presence.py`; what is kept in `messages.py`. Start
reading at `service.py`.
"""
