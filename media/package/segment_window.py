"""The newest segments and their parts, in memory, bounded by bytes.

It numbers segments and dates them. The text of playlists is left to `playlist.py`, requests that wait to `packager.py`.
"""

from collections import deque
from dataclasses import dataclass, field

from media.package.cutter import CutPart

WALL_STEP_MS = 5  # how fast PROGRAM-DATE-TIME follows the wall clock, per segment


@dataclass(frozen=True, slots=True)
class Part:
    duration_ms: int
    independent: bool
    data: bytes


@dataclass(slots=True)
class Segment:
    """`number` is the media sequence number; `epoch` says which init segment it needs."""

    number: int
    epoch: int
    wall_ms: int
    discontinuity: bool
    parts: list[Part] = field(default_factory=list)
    done: bool = False

    @property
    def duration_ms(self) -> int:
        return sum(part.duration_ms for part in self.parts)

    @property
    def size(self) -> int:
        return sum(len(part.data) for part in self.parts)

    @property
    def data(self) -> bytes:
        """The bytes of the segment, joined for each request: the parts are stored once."""
        return b"".join(part.data for part in self.parts)


class WallClock:
    """PROGRAM-DATE-TIME: media time to the wall clock (ms since the epoch), by the earliest arrivals.

    A late packet must not move the clock, and an encoder's clock may run 100 ppm wrong for hours. So each segment looks
    at its most punctual sample and follows it by at most `WALL_STEP_MS`.
    """

    def __init__(self, media_ms: int, wall_ms: int) -> None:
        self._offset = wall_ms - media_ms
        self._error: int | None = None

    def arrived(self, media_ms: int, wall_ms: int) -> None:
        error = wall_ms - media_ms - self._offset
        self._error = error if self._error is None else min(self._error, error)

    def next_segment(self, media_ms: int) -> int:
        """Return the wall-clock time of a segment that starts at `media_ms`."""
        if self._error is not None:
            self._offset += max(-WALL_STEP_MS, min(WALL_STEP_MS, self._error))
            self._error = None
        return media_ms + self._offset


class SegmentWindow:
    """The `listed` segments of the playlist and `spare` more, for players with an older playlist; `first` is the first
    number. Beyond `max_bytes` the oldest segments are dropped, listed or not; the newest one always stays.
    """

    def __init__(self, first: int, *, listed: int, spare: int, max_bytes: int) -> None:
        self.segments: deque[Segment] = deque()
        self.next_number = first
        self.bytes = 0
        self._listed, self._spare, self._max_bytes = listed, spare, max_bytes
        self._discontinuities = first  # on segments that are gone; like `first`, past what an earlier process counted

    @property
    def open(self) -> Segment | None:
        """The segment that is still growing."""
        last = self.segments[-1] if self.segments else None
        return last if last is not None and not last.done else None

    @property
    def listed(self) -> list[Segment]:
        """The segments that a playlist lists, the open one included."""
        done = len(self.segments) - (self.open is not None)
        skip = max(0, done - self._listed)
        return list(self.segments)[skip:]

    @property
    def discontinuity_sequence(self) -> int:
        unlisted = len(self.segments) - len(self.listed)
        return self._discontinuities + sum(s.discontinuity for s in list(self.segments)[:unlisted])

    @property
    def independent(self) -> bool:
        """Return whether a decoder can start with each listed segment (RFC 8216bis, 4.4.2.1)."""
        return all(segment.parts[0].independent for segment in self.listed if segment.parts)

    @property
    def peak_bandwidth(self) -> int:
        """BANDWIDTH: bits per second of the listed segment with the most."""
        return max(1, *(size * 8000 // duration for size, duration in self._spans()))

    @property
    def mean_bandwidth(self) -> int:
        """AVERAGE-BANDWIDTH: bits per second of all listed segments."""
        spans = self._spans()
        size, length = sum(size for size, _ in spans), sum(duration for _, duration in spans)
        return max(1, size * 8000 // length)

    def _spans(self) -> list[tuple[int, int]]:
        """Return (bytes, milliseconds) of each finished segment that is listed; of the open one, until there is one."""
        listed = self.listed
        spans = [(each.size, each.duration_ms) for each in listed if each.done and each.duration_ms]
        return spans or [(sum(each.size for each in listed), sum(each.duration_ms for each in listed))]

    @property
    def position(self) -> tuple[int, int]:
        """(number, parts) of the open segment, or of the next one: everything before it is complete."""
        grown = self.open
        return (self.next_number, 0) if grown is None else (grown.number, len(grown.parts))

    def add(self, cut: CutPart, epoch: int, wall: WallClock, *, discontinuity: bool) -> Segment:
        """Add a part, and return its segment."""
        grown = self.open
        if grown is not None and (cut.opens or discontinuity):
            grown.done = True
            grown = None
        if grown is None:
            wall_ms = wall.next_segment(cut.start_ms)
            grown = Segment(self.next_number, epoch, wall_ms, discontinuity and bool(self.segments))
            self.segments.append(grown)
            self.next_number += 1
        grown.parts.append(Part(cut.duration_ms, cut.independent, cut.data))
        grown.done = cut.closes
        self.bytes += len(cut.data)
        self._trim()
        return grown

    def follow(self, leader: Segment, part: Part, epoch: int) -> None:
        """Add a part to the segment with the number of `leader`, a segment of another window, which may not be earlier
        than the newest one. What is not continued is dropped: segments have to follow each other."""
        grown = self.segments[-1] if self.segments else None
        if grown is None or grown.number != leader.number:
            if grown is not None:
                grown.done = True
            if self.segments and leader.number != self.next_number:
                self.clear(self._discontinuities)
            grown = Segment(leader.number, epoch, leader.wall_ms, leader.discontinuity)
            self.segments.append(grown)
            self.next_number = leader.number + 1
        grown.parts.append(part)
        self.bytes += len(part.data)
        self._trim()

    def clear(self, discontinuities: int) -> None:
        """Drop all segments; `discontinuities` lie before the next one."""
        self.segments.clear()
        self.bytes = 0
        self._discontinuities = discontinuities

    def discontinuities_before(self, number: int) -> int:
        """Return EXT-X-DISCONTINUITY-SEQUENCE as it is for a playlist that begins with that segment."""
        return self._discontinuities + sum(each.discontinuity for each in self.segments if each.number < number)

    def finish(self) -> None:
        """Close the open segment."""
        if self.segments:
            self.segments[-1].done = True

    def find(self, number: int) -> Segment | None:
        first = self.segments[0].number if self.segments else 0
        index = number - first
        return self.segments[index] if 0 <= index < len(self.segments) else None

    def _trim(self) -> None:
        keep = self._listed + self._spare + 1
        while len(self.segments) > 1 and (len(self.segments) > keep or self.bytes > self._max_bytes):
            gone = self.segments.popleft()
            self.bytes -= gone.size
            self._discontinuities += gone.discontinuity
