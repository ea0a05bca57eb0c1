"""One publisher's clocks: RTMP timestamps (32 bit, milliseconds, any origin) to a timeline that only moves forward.

Left to others: durations and container units (`package/cutter.py`), wall-clock time
(`package/segment_window.py`).
"""

from media.track import Kind

JUMP_MS = 3_000  # a track alone: below the shortest pause a viewer would call a break
APART_MS = 2_000  # beyond any interleaving of a live encoder: tracks that begin further apart have clocks of their own
NEAR_MS = 1_000  # so near to the other track, a timestamp is right whatever the step to it
BACK_MS = 100  # decoding times never go back; encoders' rounding does, by a frame or two
AHEAD_MS = 1_000  # a step ahead that may be a jump
GAP_MS = 60  # audio further ahead of its count than this has frames missing; timestamps wobble by two frames at most
FOLLOW_MS = 2_000  # how fast video follows the count of audio: the time constant of the average
MAX_SLEW = 0.01  # and at most by this part of the time; 1 % of speed is not seen


class _Track:
    """The position of one track. Times are floats: video follows audio by fractions of a millisecond."""

    __slots__ = ("at", "counted", "delta", "frame_ms", "jump", "last", "offset", "raw")

    def __init__(self, raw: int, offset: float) -> None:
        self.raw, self.offset = raw, offset
        self.at = 0.0  # where the newest timestamp says that it lies
        self.last: int | None = None  # where it was placed
        self.counted: float | None = None  # where the next audio frame belongs
        self.frame_ms = 1.0  # the newest distance of two samples
        self.jump, self.delta = 0, 0.0  # the number of its newest jump, and by what its offset was changed there


class Timeline:
    """Gives each timestamp its place. The first one is placed at `start_ms`.

    **Clocks.** Audio and video share one offset, so that they stay in step, unless they begin more than `APART_MS`
    apart: then each has its own, and they are aligned by their arrival. The 32-bit counter may wrap (every 49.7 days).

    **Jumps.** A step within a track, back by more than `BACK_MS` or far ahead, is a jump of its clock, and placed right
    after what was there: without a gap of hours, and without samples squeezed together. The other track joins the jump
    when it makes the same step. A step ahead that leads to where the other track is, is no jump: frames are missing
    there.

    **Drift.** Audio is placed by counting the samples in its frames, whatever the timestamps say, so it has neither
    gaps nor overlaps. When the count and the timestamps diverge, because the encoder's sound card runs at another speed
    than its clock, video follows audio slowly; see docs/decisions/0020.
    """

    def __init__(self, start_ms: int = 0) -> None:
        self.end_ms = start_ms  # no sample placed so far lies beyond it
        self.apart_ms = 0  # how far ahead of the video clock the audio clock began, when each has its own
        self.jumped_ms = 0  # the step at the newest jump
        self.drift = 0.0  # how much faster the audio timestamps run than the count, as a part of the time
        self._start = start_ms
        self._warp = 0.0  # what video was moved by, to follow audio
        self._tracks: dict[Kind, _Track] = {}
        self._jumps = 0

    def place(self, kind: Kind, timestamp: int, count_ms: float = 0.0) -> tuple[int | None, bool]:
        """Return (dts_ms, jumped). Within a kind each dts_ms is at least 1 above the one before.

        `count_ms` is how long an audio frame lasts; 0 for a video frame, which lasts until the next one. A dts_ms of
        None says that there is more audio than time: the frame is to be left out.
        """
        track, jumped = self._tracks.get(kind), False
        if track is None:
            track = self._tracks[kind] = self._begin(kind, timestamp)
        else:
            step = _step(track.raw, timestamp)
            track.raw += step
            if not -BACK_MS <= step <= AHEAD_MS:
                jumped = self._resolve_step(kind, track, step)
            elif step > 0:
                track.frame_ms = step
        track.at = at = track.raw + track.offset + self._warp
        if count_ms:
            if track.counted is not None and track.counted - at > GAP_MS and not jumped:
                return None, jumped
            at = self._count(track, at, count_ms)
        dts = int(at + 0.5) if at >= 0 else int(at - 0.5)
        if track.last is not None and dts <= track.last:
            dts = track.last + 1
        track.last = dts
        self.end_ms = max(self.end_ms, dts)
        return dts, jumped

    def shift(self, by_ms: int) -> int:
        """Move the whole timeline, what was placed and what is to come, and return `by_ms`."""
        for track in self._tracks.values():
            track.offset += by_ms
            track.at += by_ms
            if track.last is not None:
                track.last += by_ms
            if track.counted is not None:
                track.counted += by_ms
        self.end_ms += by_ms
        return by_ms

    def _begin(self, kind: Kind, timestamp: int) -> _Track:
        other = self._other(kind)
        if other is None:
            return _Track(timestamp, self._start - timestamp)
        step = _step(other.raw, timestamp)
        raw, offset = other.raw + step, other.offset
        if abs(step) > APART_MS:
            offset = other.at - self._warp - raw
            self.apart_ms = step if kind is Kind.AUDIO else -step
        return _Track(raw, offset)

    def _resolve_step(self, kind: Kind, track: _Track, step: int) -> bool:
        """Decide what an odd step means, and correct the track's offset. Return whether it is a jump."""
        other = self._other(kind)
        alive = other is not None and other.at >= track.at - NEAR_MS
        there = track.raw + track.offset + self._warp
        if step > 0 and other is not None and alive and abs(there - other.at) <= NEAR_MS:
            return False
        if 0 < step <= JUMP_MS and not alive:
            return False
        self.jumped_ms = step
        if other is not None and other.jump > track.jump:
            joined = there + other.delta
            if abs(joined - other.at) <= NEAR_MS:
                track.offset += other.delta
                track.jump, track.delta = other.jump, other.delta
                return True
        follows = track.at + track.frame_ms if track.counted is None else track.counted
        if other is not None and other.at - follows > NEAR_MS:
            follows = other.at
        self._jumps += 1
        track.jump, track.delta = self._jumps, follows - there
        track.offset += track.delta
        return True

    def _count(self, track: _Track, at: float, count_ms: float) -> float:
        """Return the place of an audio frame whose timestamp says `at`."""
        counted = track.counted
        error = 0.0 if counted is None else at - counted
        if counted is None or error > GAP_MS:  # frames are missing
            counted = at
        else:
            limit = MAX_SLEW * count_ms
            slew = max(-limit, min(limit, error * count_ms / FOLLOW_MS))
            self._warp -= slew
            self.drift += (slew / count_ms - self.drift) * count_ms / (15 * FOLLOW_MS)
        track.counted = counted + count_ms
        return counted

    def _other(self, kind: Kind) -> _Track | None:
        return self._tracks.get(Kind.AUDIO if kind is Kind.VIDEO else Kind.VIDEO)


def _step(before: int, timestamp: int) -> int:
    """Return the distance from an unwrapped time to a timestamp, the shorter way around (RFC 1982)."""
    return (timestamp - before + 0x80000000 & 0xFFFFFFFF) - 0x80000000
