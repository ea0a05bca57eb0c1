"""Chat: visitors, messages, presence and moderation.

Values are in `values.py`, open connections in `presence.py`, stored messages in `messages.py`. Start reading at
`service.py`.
"""
