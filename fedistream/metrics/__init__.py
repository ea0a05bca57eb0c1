"""Figures about the machine and the players, in memory: hardware, CMCD reports of players, and the health of playback.

Begin with `hardware.py` (CPU, memory and disk over time).
"""
