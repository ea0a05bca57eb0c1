"""Rate limits for remote actors and servers: token buckets, and the rates of each kind of activity.

Bounded in memory; the clock is passed in.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from activitypub.urls import authority
from fedistream.core.errors import TooMany

MAX_NAMES = 10_000  # about 2 MB; the name unused for longest is dropped first
MAX_NAME = 64  # characters; a longer name is stored as a digest


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate: at most `burst` at once and `per_s` in the long run."""

    burst: float
    per_s: float


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


class _Buckets:
    """Token buckets by name. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def acquire(self, name: str, rate: Rate) -> None:
        """Count one. Raises TooMany."""
        # names are URLs of remote actors, up to 2 kB each
        key = name if len(name) <= MAX_NAME else hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
        now = self._clock()
        left, since = self._left.get(key, (rate.burst, now))
        left = min(rate.burst, left + (now - since) * rate.per_s)
        if left < 1:
            raise TooMany((1 - left) / rate.per_s)
        self._left[key] = (left - 1, now)
        self._left.move_to_end(key)
        if len(self._left) > MAX_NAMES:
            self._left.popitem(last=False)


class RateLimiter:
    """One rate for each name. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float], *, burst: float, per_s: float) -> None:
        self._rate, self._buckets = Rate(burst, per_s), _Buckets(clock)

    def acquire(self, name: str) -> None:
        """Count one. Raises TooMany."""
        self._buckets.acquire(name, self._rate)


class ActivityLimits:
    """A rate for each kind of activity, per actor and per host. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._buckets = _Buckets(clock)

    def acquire(self, kind: str, actor: str) -> None:
        """Count an activity that was verified. Raises TooMany."""
        rates = PACES[kind]
        # the actor's bucket first: an actor that is too fast uses up nothing of its host's
        self._buckets.acquire(f"{kind} {actor}", rates.actor)
        self._buckets.acquire(f"{kind} {authority(actor)}", rates.host)
