"""Who is let in and who is not: rules, block lists, moves, reports, quotes, and who may read.

Begin with `rules.py` (pure). What an inbox takes is in `../service.py`, which hands activities to these by their types.
"""
