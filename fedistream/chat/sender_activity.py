"""How somebody behaves: how fast he writes, and how often the same. Forgotten with the process. Knows no clock."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from enum import Enum

CAPACITY = 20_000  # visitors or addresses remembered; the longest silent is forgotten first
TEXTS = 6  # of his last texts


class RateVerdict(Enum):
    FINE = "fine"
    TOO_FAST = "too fast"  # from now on he is not heard for a while, and should be told
    MUTED = "muted"  # he has been told


@dataclass(slots=True)
class _Record:
    times: deque[float] = field(default_factory=deque)
    texts: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=TEXTS))
    muted_until: float = float("-inf")
    said_at: float = float("-inf")


class SenderActivity:
    """Of many, each by a key. All times are monotonic seconds."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def pace(self, key: str, at: float, *, most: int, within_s: float, mute_s: float) -> RateVerdict:
        """Count one attempt: more than `most` within the time mute the writer."""
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
        self._record(key).muted_until = until

    def muted_for(self, key: str, at: float) -> float:
        """Seconds until the writer is heard again; 0 for one who is."""
        return max(0.0, self._record(key).muted_until - at)

    def said(self, key: str, at: float, text: str) -> None:
        """Remember what got through."""
        record = self._record(key)
        record.said_at = at
        record.texts.append((at, text))

    def silent_for(self, key: str, at: float) -> float:
        """Seconds since something got through; infinite if nothing has."""
        return at - self._record(key).said_at

    def repeats(self, key: str, at: float, text: str, within_s: float) -> int:
        """How many of the last texts were this one."""
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
