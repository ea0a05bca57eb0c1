"""The pages by which the admin signs in and out, and looks after sessions. Begin at `login.py`."""
