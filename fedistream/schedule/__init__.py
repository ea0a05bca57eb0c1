"""The schedule: one-off broadcasts and series of them, announced before they begin.

Start reading at `service.py` (what the admin changes) and `tending.py` (what time brings: reminders, starts, ends and
posts). `recurrence.py` reads and expands rules, `upcoming.py` is the copy in memory that the status reads.
"""
