"""Builders, joined pairs and clocks that more than one test module uses."""
