"""Channels and their stream keys as values."""

from dataclasses import dataclass
from datetime import datetime

from fedistream.core.errors import Problem

HOME = "home"
"""The slug of the home channel. Every node has one."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel. `slug` is its path segment in URLs."""

    id: int
    slug: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StreamKey:
    """A stream key of a channel."""

    key: str
    comment: str
    created_at: datetime


class ChannelProblem(Problem):
    """The codes for what is wrong with a channel or its stream keys."""

    SLUG = "slug"
    DUPLICATE_KEYS = "duplicate-keys"
    KEY_CHARACTERS = "key-characters"
    KEY_COMMENT = "key-comment"
    NO_CHANNEL = "no-channel"
    SLUG_TAKEN = "slug-taken"
    KEY_TAKEN = "key-taken"
    MANY_KEYS = "many-keys"
    LAST_KEY = "last-key"
    KEY_GIVEN_AT_START = "key-given-at-start"
