"""The messages that senders have sent lately: how long they are silent, and how often they repeat themselves.

In memory only; the caller passes the time. How fast they send is limited by `core/rate_limit.py`.
"""

from collections import deque
from dataclasses import dataclass, field

from activitypub.bounded_dict import BoundedDict
from fedistream.core.rate_limit import MAX_SENDERS

TEXTS = 6  # last messages remembered of one sender


@dataclass(slots=True)
class _Record:
    texts: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=TEXTS))
    said_at: float = float("-inf")


class SenderActivity:
    """The messages of many senders, each under a key. All times are in monotonic seconds. The least recently active
    sender is forgotten first."""

    def __init__(self, capacity: int = MAX_SENDERS) -> None:
        self._records: BoundedDict[str, _Record] = BoundedDict(capacity)

    def said(self, key: str, at: float, text: str) -> None:
        """Remember a message that was accepted."""
        record = self._records.get(key) or _Record()
        self._records[key] = record  # the newest last
        record.said_at = at
        record.texts.append((at, text))

    def silent_for(self, key: str, at: float) -> float:
        """Return the seconds since the sender's last accepted message; infinite without one."""
        record = self._records.get(key)
        return float("inf") if record is None else at - record.said_at

    def repeats(self, key: str, at: float, text: str, within_s: float) -> int:
        """Return how many of the sender's last TEXTS messages, within `within_s` seconds, were this text."""
        record = self._records.get(key)
        return 0 if record is None else sum(1 for when, said in record.texts if said == text and when > at - within_s)
