"""Errors that more than one room of the library raises or catches."""


class Unplayable(Exception):
    """What a publisher sends cannot be shown; the text is the reason, in words for the streamer."""
