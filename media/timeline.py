"""One publisher's clock: RTMP timestamps (32 bit, milliseconds, any origin) to a timeline that only moves forward.

What it leaves to others: durations and container units (`package/cutter.py`), wall-clock time (`package/window.py`).
"""

from media.track import Kind

JUMP_MS = 3_000  # beyond any interleaving of a live encoder, below the shortest pause a viewer would call a break


class Timeline:
    """Places timestamps. The first one given lands on `start_ms`.

    Audio and video share one offset, so that they stay in step. The 32-bit counter may wrap (every 49.7 days). A
    timestamp more than `JUMP_MS` away from the one before, in either direction, is a jump: the encoder's clock was
    reset, or frames are missing. It is placed right behind what was there, and reported, so that the packager can mark
    a discontinuity instead of leaving a hole of hours.
    """

    def __init__(self, start_ms: int = 0) -> None:
        self.end_ms = start_ms  # no sample placed so far lies beyond it
        self._offset: int | None = None
        self._raw = 0
        self._last: dict[Kind, int] = {}

    def place(self, kind: Kind, timestamp: int) -> tuple[int, bool]:
        """Return (dts_ms, jumped). Within a kind each dts_ms is at least 1 above the one before."""
        jumped = False
        if self._offset is None:
            self._raw, self._offset = timestamp, self.end_ms - timestamp
        else:
            step = (timestamp - self._raw + 0x80000000 & 0xFFFFFFFF) - 0x80000000  # RFC 1982 style: nearest way round
            self._raw += step
            jumped = abs(step) > JUMP_MS
            if jumped:
                self._offset = self.end_ms + 1 - self._raw
        dts = self._raw + self._offset
        last = self._last.get(kind)
        if last is not None and dts <= last:
            dts = last + 1
        self._last[kind] = dts
        self.end_ms = max(self.end_ms, dts)
        return dts, jumped

    def shift(self, by_ms: int) -> int:
        """Move the whole timeline, what was placed and what is to come. Returns `by_ms`."""
        if self._offset is not None:
            self._offset += by_ms
        self._last = {kind: last + by_ms for kind, last in self._last.items()}
        self.end_ms += by_ms
        return by_ms
