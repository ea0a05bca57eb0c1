"""The parts that a table of endpoints needs beside its services: authenticators, and the channels."""

from collections.abc import Mapping
from datetime import UTC, datetime

from fedistream.api.http.endpoints import ANYONE, Access, Authenticator
from fedistream.api.http.permissions import Kind
from fedistream.channels.values import HOME, Channel

CHANNEL = Channel(1, HOME, datetime(2026, 4, 1, tzinfo=UTC))


def access(authenticators: Mapping[Kind, Authenticator] | None = None, *others: Channel) -> Access:
    """Recognise these principals, else only anonymous ones, on a node with the home channel and these others."""
    channels = {each.slug: each for each in (CHANNEL, *others)}
    return Access(authenticators if authenticators is not None else {Kind.ANONYMOUS: ANYONE}, channels.get)
