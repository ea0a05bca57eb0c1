"""The values of notices."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fedistream.core.errors import Invalid, Problem, Refusal


class State(StrEnum):
    """The state of a notice; there is one notice per broadcast. After POSTED it may be UPDATED several times, and
    WITHDRAWN once."""

    PLANNED = "planned"
    POSTED = "posted"
    UPDATED = "updated"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"  # by the admin
    SKIPPED = "skipped"  # by a rule, which a SkipReason names


class SkipReason(StrEnum):
    """The reason why a notice was skipped, as it is stored. `wording.py` has the sentences."""

    OVER = "over"
    FEDERATION_OFF = "federation-off"
    NO_TEXT = "no-text"
    TOO_RECENT = "too-recent"
    NO_CHANNEL = "no-channel"
    INVALID = "invalid"  # the text was not accepted; the detail has the problem (`to_detail`)
    REFUSED = "refused"  # the post was refused, for what the detail says
    OTHER = "other"  # the detail has the text


OUT = frozenset({State.POSTED, State.UPDATED})
"""The states in which the post is public."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice. `text` is Markdown: what was posted, or would be. `post` is the post's URL or "".

    `why` is None unless it was skipped; `detail` is what the sentence of some reasons needs. `event_id` and
    `event_name` are those of the scheduled event that the broadcast belongs to, or "".
    A notice is open until `closed_at`. After that the broadcast is over, and the notice changes only by the admin.
    """

    id: int
    channel_id: int
    broadcast_id: int
    state: State
    why: SkipReason | None
    detail: str
    text: str
    due: datetime
    post: str
    posted_at: datetime | None
    updated_at: datetime | None
    closed_at: datetime | None
    event_id: str = ""
    event_name: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """A preview of the post: the Markdown, and the HTML that other servers would show."""

    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of `total` notices."""

    total: int
    items: tuple[Notice, ...]


def to_detail(refusal: Refusal) -> str:
    """Return the detail of INVALID and REFUSED as JSON: the problem, its values, and the field of an Invalid."""
    field = {"field": refusal.field} if isinstance(refusal, Invalid) else {}
    return json.dumps({**field, "problem": refusal.problem, "values": dict(refusal.values)})


class NoticeProblem(Problem):
    """The codes for a notice that is not in the state that a call needs."""

    CHANGED_MEANWHILE = "notice-changed"
    NOT_OPEN = "notice-not-open"
    NOT_PLANNED = "notice-not-planned"
    NOT_OUT = "notice-not-out"
    POSTED = "notice-posted"
    NO_TEXT = "notice-no-text"
    NO_NOTICE = "no-notice"
    NOTHING_LIVE = "nothing-live"
    BROADCAST_OVER = "broadcast-over"
    OVER_BY_THEN = "over-by-then"
