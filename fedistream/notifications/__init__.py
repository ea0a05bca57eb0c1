"""Notifications: browser push (RFC 8030) and messages on Discord, when a broadcast begins or is about to.

Start reading at `values.py`. A broadcast's notifications are rows that `service.py` plans, sends and closes; what is
sent is made in `wording.py` and `discord.py`. `subscriptions.py` stores the browsers, `vapid.py` the node's key for
them, and `push_sender.py` delivers to one of them, encrypted by `encryption.py`.
"""
