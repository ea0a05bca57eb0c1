"""The rate limiters: token buckets, and sliding windows that mute. Pure: the time is an argument, or a clock passed in.

Keys come from outside, so that each table is bounded: the key unused for longest is dropped first.
"""

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from activitypub.bounded_dict import BoundedDict
from fedistream.core.errors import TooMany

MAX_KEYS = 10_000  # about 2 MB
MAX_KEY = 64  # characters; a longer key, such as the URL of a remote actor, is stored as a digest
MAX_SENDERS = 20_000


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate: at most `burst` at once and `per_s` in the long run. `burst` is at least 1, `per_s` above 0."""

    burst: float
    per_s: float


@dataclass(slots=True)
class TokenBucket:
    """Tokens of one rate: `left` of them as of `since`, in seconds of the caller's clock."""

    rate: Rate
    left: float
    since: float

    def take(self, now: float) -> float:
        """Take a token. Returns 0, or the seconds to wait for the next one when there is none."""
        # A clock that was set back takes no tokens away, and from then on the bucket fills as before.
        self.left = min(self.rate.burst, self.left + max(0.0, now - self.since) * self.rate.per_s)
        self.since = now
        if self.left < 1:
            return (1 - self.left) / self.rate.per_s
        self.left -= 1
        return 0.0

    def give_back(self) -> None:
        """Give back the token that was taken last, for what need not be counted."""
        self.left = min(self.rate.burst, self.left + 1)


def full_bucket(rate: Rate, now: float) -> TokenBucket:
    return TokenBucket(rate, rate.burst, now)


class TokenBuckets:
    """Token buckets by key. The rate comes with each call; a key keeps the one that it began with. `clock` returns
    seconds."""

    def __init__(self, clock: Callable[[], float], *, max_keys: int = MAX_KEYS) -> None:
        self._clock = clock
        self._buckets: BoundedDict[str, TokenBucket] = BoundedDict(max_keys)

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str, rate: Rate) -> float:
        """Count one. Returns 0, or the seconds to wait when it is one too many."""
        key, now = _short(key), self._clock()
        bucket = self._buckets.get(key) or full_bucket(rate, now)
        self._buckets[key] = bucket  # the newest last
        return bucket.take(now)

    def acquire(self, key: str, rate: Rate) -> None:
        """Count one. Raises TooMany."""
        if wait := self.take(key, rate):
            raise TooMany(wait)

    def give_back(self, key: str) -> None:
        """Take back what was counted last for the key."""
        if (bucket := self._buckets.get(_short(key))) is not None:
            bucket.give_back()


class RateLimiter:
    """One rate for each key. `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float], *, burst: float, per_s: float, max_keys: int = MAX_KEYS) -> None:
        self._rate, self._buckets = Rate(burst, per_s), TokenBuckets(clock, max_keys=max_keys)

    def __len__(self) -> int:
        return len(self._buckets)

    def acquire(self, key: str) -> None:
        """Count one. Raises TooMany."""
        self._buckets.acquire(key, self._rate)

    def allows(self, key: str) -> bool:
        """Count one. Returns False when it is one too many."""
        return not self._buckets.take(key, self._rate)

    def give_back(self, key: str) -> None:
        """Take back what was counted last for the key."""
        self._buckets.give_back(key)


class RateVerdict(Enum):
    """The result of counting an attempt in a sliding window."""

    FINE = "fine"
    TOO_FAST = "too fast"  # muted from now on; the sender should be told
    MUTED = "muted"  # the sender has been told


@dataclass(slots=True)
class _Window:
    times: deque[float] = field(default_factory=deque)
    muted_until: float = float("-inf")


class MutingLimiter:
    """Sliding windows by key: a sender that exceeds the rate is muted for a while, and told so once.

    Not a token bucket, which would let a sender write twice the limit within one period. All times are in monotonic
    seconds and given by the caller, which may count as of when something arrived.
    """

    def __init__(self, max_keys: int = MAX_SENDERS) -> None:
        self._windows: BoundedDict[str, _Window] = BoundedDict(max_keys)

    def __len__(self) -> int:
        return len(self._windows)

    def pace(self, key: str, at: float, *, most: int, within_s: float, mute_s: float) -> RateVerdict:
        """Count one attempt. More than `most` within `within_s` seconds mute the sender for `mute_s` seconds."""
        window = self._window(key)
        if at < window.muted_until:
            return RateVerdict.MUTED
        times = window.times
        while times and times[0] <= at - within_s:
            times.popleft()
        if len(times) >= most:
            times.clear()
            window.muted_until = at + mute_s
            return RateVerdict.TOO_FAST
        times.append(at)
        return RateVerdict.FINE

    def mute(self, key: str, until: float) -> None:
        """Mute the sender until a time."""
        self._window(key).muted_until = until

    def muted_for(self, key: str, at: float) -> float:
        """Return the seconds until the sender is no longer muted; 0 for a sender who is not."""
        window = self._windows.get(key)
        return 0.0 if window is None else max(0.0, window.muted_until - at)

    def _window(self, key: str) -> _Window:
        window = self._windows.get(key) or _Window()
        self._windows[key] = window  # the newest last
        return window


def _short(key: str) -> str:
    return (
        key
        if len(key) <= MAX_KEY
        else hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    )
