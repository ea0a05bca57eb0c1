"""Channels, which people follow and watch, and their stream keys."""
