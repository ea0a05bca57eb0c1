"""The channels as actors of the fediverse: who follows, who likes and shares, and what is sent to whom.

Begin with `inbox/service.py` (an inbox's POST becomes rows, facts and jobs); `urls.py` has every URL of ours. What the
documents of the protocol look like, and whether a request is to be believed, is left to `activitypub`.
"""
