"""Sign-in to the chat with an identity from elsewhere: a website (IndieAuth) or a fediverse account.

Start reading at `indieauth.py` and `one_time_codes.py`. The chat decides which visitor has a proven identity.
"""
