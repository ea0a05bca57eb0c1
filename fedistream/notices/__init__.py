"""Notices: the post that says a broadcast is live, from its planning to its end.

Begin with `service.py`; what is to be done next with a notice is decided in `lifecycle.py`, its words are in `wording.py`.
How a post is made and delivered is left to federation, whose services are handed in.
"""
