"""Followers: who may follow, follow requests, and the block lists."""
