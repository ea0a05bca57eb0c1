"""Checks of an installation, each with what to do about it. Begin at `command.py`; `finding.py` has the form of a line.

`machine.py` looks at this machine, `stored.py` at the database, `outside.py` at the public address as others see it.
"""
