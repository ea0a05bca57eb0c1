"""What notices speak of."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Of a notice, one per broadcast. After POSTED it may be UPDATED any number of times, and WITHDRAWN once."""

    PLANNED = "planned"
    POSTED = "posted"
    UPDATED = "updated"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"  # by the admin
    SKIPPED = "skipped"  # by the rules: `why` says by which


OUT = frozenset({State.POSTED, State.UPDATED})
"""Others can read it."""


@dataclass(frozen=True, slots=True)
class Notice:
    """`text` is Markdown: what was posted, or what would be. `post` is the post's URL or "". It is open until
    `closed_at`: then the broadcast is over, and nothing happens any more by itself."""

    id: int
    channel_id: int
    broadcast_id: int
    state: State
    why: str
    text: str
    due: datetime
    post: str
    posted_at: datetime | None
    updated_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be posted now: the Markdown, and the HTML that others would be shown."""

    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some of `total` notices."""

    total: int
    items: tuple[Notice, ...]
