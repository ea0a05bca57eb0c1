"""The pages of the settings that have no page of their own, grouped as in Owncast's admin. Start at `sections.py`."""
