"""The additions of the admin to the pages: styles, a script, and external actions. Start reading at `files.py`."""
