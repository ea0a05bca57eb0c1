"""One revision a file, named `r<number>_<what>.py`."""
