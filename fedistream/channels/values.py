"""Channels and their stream keys as values."""

from dataclasses import dataclass
from datetime import datetime

HOME = "home"
"""The slug of the home channel, which every node has."""


@dataclass(frozen=True, slots=True)
class Channel:
    id: int
    slug: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StreamKey:
    key: str
    comment: str
    created_at: datetime
