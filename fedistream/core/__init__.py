"""What every part of a process builds on, and what knows no feature.

Begin in `supervisor.py`: every task in the background is started there.
"""
