"""Notices: the post that says a broadcast is live, from planning to the end.

Start reading at `service.py`; `lifecycle.py` decides the next step of a notice; `wording.py` has its text. Federation
makes and delivers the posts; its services are passed in.
"""
