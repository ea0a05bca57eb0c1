"""The ActivityPub library: the actor layer and its protocol.

It knows no database, no web framework and nothing of the node. Start reading at `inbox.py` and `deliver.py`.
"""
