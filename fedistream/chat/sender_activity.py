"""The rate and the repetition of senders' messages. In memory only; the caller passes the time."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from enum import Enum

CAPACITY = 20_000  # senders remembered; the least recently active is forgotten first
TEXTS = 6  # last messages remembered of one sender


class RateVerdict(Enum):
    """The result of counting an attempt."""

    FINE = "fine"
    TOO_FAST = "too fast"  # muted from now on; the sender should be told
    MUTED = "muted"  # the sender has been told


@dataclass(slots=True)
class _Record:
    times: deque[float] = field(default_factory=deque)
    texts: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=TEXTS))
    muted_until: float = float("-inf")
    said_at: float = float("-inf")


class SenderActivity:
    """The activity of many senders, each under a key. All times are in monotonic seconds."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def pace(self, key: str, at: float, *, most: int, within_s: float, mute_s: float) -> RateVerdict:
        """Count one attempt. More than `most` within `within_s` seconds mute the sender for `mute_s` seconds."""
        record = self._record(key)
        if at < record.muted_until:
            return RateVerdict.MUTED
        times = record.times
        while times and times[0] <= at - within_s:
            times.popleft()
        if len(times) >= most:
            times.clear()
            record.muted_until = at + mute_s
            return RateVerdict.TOO_FAST
        times.append(at)
        return RateVerdict.FINE

    def mute(self, key: str, until: float) -> None:
        """Mute the sender until a time."""
        self._record(key).muted_until = until

    def muted_for(self, key: str, at: float) -> float:
        """Return the seconds until the sender is no longer muted; 0 for a sender who is not."""
        return max(0.0, self._record(key).muted_until - at)

    def said(self, key: str, at: float, text: str) -> None:
        """Remember a message that was accepted."""
        record = self._record(key)
        record.said_at = at
        record.texts.append((at, text))

    def silent_for(self, key: str, at: float) -> float:
        """Return the seconds since the sender's last accepted message; infinite without one."""
        return at - self._record(key).said_at

    def repeats(self, key: str, at: float, text: str, within_s: float) -> int:
        """Return how many of the sender's last TEXTS messages, within `within_s` seconds, were this text."""
        return sum(1 for when, said in self._record(key).texts if said == text and when > at - within_s)

    def _record(self, key: str) -> _Record:
        record = self._records.get(key)
        if record is None:
            record = self._records[key] = _Record()
            if len(self._records) > self._capacity:
                self._records.popitem(last=False)
        else:
            self._records.move_to_end(key)
        return record
