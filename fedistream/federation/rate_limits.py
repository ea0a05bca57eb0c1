"""The rates of each kind of activity, for remote actors and their servers. The limiter is `core/rate_limit.py`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from activitypub.urls import authority
from fedistream.core.rate_limit import Rate, TokenBuckets


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of one actor, and of all actors of a host."""

    actor: Rate
    host: Rate


_REPLY = Rates(Rate(5, 0.2), Rate(60, 2.0))  # nobody types faster, and moderators read each text
_ENGAGEMENT = Rates(Rate(60, 1.0), Rate(600, 20.0))  # a post that is widely read is liked by hundreds within a minute
_DELETE = Rates(Rate(100, 1.0), Rate(600, 20.0))  # old posts are deleted by the hundred
_FOLLOW = Rates(Rate(30, 0.5), Rate(300, 10.0))  # follows: each makes rows and a delivery
_RARE = Rates(Rate(20, 0.2), Rate(60, 1.0))  # reviewed by people

PACES: Mapping[str, Rates] = {
    "Accept": _FOLLOW,
    "Add": _RARE,
    "Announce": _ENGAGEMENT,
    "Block": _FOLLOW,
    "Create": _REPLY,
    "Delete": _DELETE,
    "Dislike": _ENGAGEMENT,
    "EmojiReact": _ENGAGEMENT,
    "Flag": _RARE,
    "Follow": _FOLLOW,
    "Leave": _RARE,
    "Like": _ENGAGEMENT,
    "Move": _RARE,
    "Offer": _RARE,
    "QuoteRequest": _RARE,
    "Reject": _FOLLOW,
    "Remove": _RARE,
    "Undo": _ENGAGEMENT,
    "Update": _REPLY,
    "View": _ENGAGEMENT,
}
"""The rates of all activity types that are handled; a test checks that it is complete."""


class ActivityLimits:
    """A rate for each kind of activity, per actor and per host. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._buckets = TokenBuckets(clock)

    def acquire(self, kind: str, actor: str) -> None:
        """Count an activity that was verified. Raises TooMany."""
        rates = PACES[kind]
        # the actor's bucket first: an actor that is too fast uses up nothing of its host's
        self._buckets.acquire(f"{kind} {actor}", rates.actor)
        self._buckets.acquire(f"{kind} {authority(actor)}", rates.host)
