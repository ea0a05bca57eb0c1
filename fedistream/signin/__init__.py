"""Signing in to the chat with something one has elsewhere: a website of one's own, or an account on the fediverse.

Begin with `indieauth.py` and `one_time_codes.py`. Who is who afterwards is the chat's to say.
"""
