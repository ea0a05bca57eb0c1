"""Viewers: counted in memory, lost with the process."""
