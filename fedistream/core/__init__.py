"""The core: what every part of a process uses. It knows no feature.

Start reading at `supervisor.py`, which starts every background task.
"""
