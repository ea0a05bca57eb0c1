"""Errors that more than one package of the library raises or catches."""


class Unplayable(Exception):
    """A publisher sends something that cannot be played; str() is the reason, in words for the streamer."""
