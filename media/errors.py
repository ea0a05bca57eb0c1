"""Errors that more than one package of the library raises or catches."""


class Unplayable(Exception):
    """What a publisher sends cannot be played; str() is the reason, in words for the streamer."""
