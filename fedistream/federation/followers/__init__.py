"""Followers: who may follow, who waits for approval, and which domains and accounts are blocked."""
