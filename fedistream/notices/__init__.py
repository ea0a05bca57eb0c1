"""Notices: the post that says a broadcast is live, from its planning to its end.

Begin with `service.py`; `lifecycle.py` decides what is to be done next with a notice; its words are in `wording.py`.
How a post is made and delivered is left to federation, whose services are handed in.
"""
