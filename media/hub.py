"""The hub of a broadcast: one writer, many readers, and the writer never waits.

The packager is a *tap*: it is called for every sample, and what it raises goes back to the writer. Everything else is
*attached*: recorder, pushes, encoder child, thumbnailer. An attached tap that raises or takes too long is detached and
logged; neither the writer nor the other taps notice. One that does slow work attaches a `Reader`, a bounded queue: when
its consumer falls behind, the queue is dropped up to the next keyframe, and what was dropped is counted.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from media.track import AudioTrack, Kind, Sample, VideoTrack

log = logging.getLogger(__name__)

# What an attached tap may take of the writer's time: a call is free up to FREE_S, what it takes beyond that adds up, is
# forgotten by FORGET with each call, and may not exceed DEBT_S. A pause of the machine in the middle of a call is
# forgiven; a tap that takes 7 ms for every one of 80 samples a second is not.
FREE_S, FORGET, DEBT_S = 0.002, 0.99, 0.5


@dataclass(frozen=True, slots=True)
class Tracks:
    """The tracks of the samples that follow. Sent first, and again whenever a decoder has to be restarted."""

    video: VideoTrack | None
    audio: AudioTrack | None


class Tap(Protocol):
    """A consumer of samples. It is called synchronously."""

    def start(self, tracks: Tracks) -> None:
        """A new epoch begins: the samples that follow do not continue those before."""

    def put(self, sample: Sample) -> None:
        """Take the next sample. Called before the writer goes on, so it has to be quick."""


class AttachedTap(Tap, Protocol):
    """A tap that may fail. It begins with the tracks of the running epoch, if there is one."""

    def close(self) -> None:
        """Learn that no sample follows: the broadcast is over, or the tap was detached."""


class Reader:
    """An attached tap with a bounded queue. Iterate it; the iteration ends when the hub or the reader is closed.

    `max_bytes` and `max_samples` bound what may wait in the queue. `dropped` counts the samples that were left out.
    """

    def __init__(self, max_bytes: int = 8 << 20, max_samples: int = 1024) -> None:
        self.dropped = 0
        self._max_bytes, self._max_samples = max_bytes, max_samples
        self._queue: deque[Tracks | Sample] = deque()
        self._bytes = 0
        self._skipping = True  # until a sample where decoding can begin
        self._tracks: Tracks | None = None
        self._filled = asyncio.Event()
        self._closed = False

    def start(self, tracks: Tracks) -> None:
        self._tracks = tracks
        self._skipping = True

    def put(self, sample: Sample) -> None:
        tracks = self._tracks
        if tracks is None or self._closed:
            return
        if self._bytes + len(sample.data) > self._max_bytes or len(self._queue) >= self._max_samples:
            self.dropped += sum(isinstance(item, Sample) for item in self._queue)
            self._queue.clear()
            self._bytes = 0
            self._skipping = True
        if self._skipping:
            if not (sample.key and (tracks.video is None or sample.kind is Kind.VIDEO)):
                self.dropped += 1
                return
            self._skipping = False
            self._queue.append(tracks)  # a consumer that skipped has to set up its decoder again
        self._queue.append(sample)
        self._bytes += len(sample.data)
        self._filled.set()

    def close(self) -> None:
        self._closed = True
        self._filled.set()

    async def __aiter__(self) -> AsyncIterator[Tracks | Sample]:
        while True:
            while self._queue:
                item = self._queue.popleft()
                if isinstance(item, Sample):
                    self._bytes -= len(item.data)
                yield item
            if self._closed:
                return
            self._filled.clear()
            await self._filled.wait()


_Value = TypeVar("_Value", Tracks, Sample)


class _Guard:
    """An attached tap, called until it fails."""

    def __init__(self, tap: AttachedTap, now: Callable[[], float]) -> None:
        self._tap, self._now = tap, now
        self._debt_s = 0.0
        self._open = True

    def start(self, tracks: Tracks) -> None:
        self._call(self._tap.start, tracks)

    def put(self, sample: Sample) -> None:
        self._call(self._tap.put, sample)

    def close(self) -> None:
        if self._open:
            self._open = False
            try:
                self._tap.close()
            except Exception:
                log.exception("a tap of the stream failed while it was closed: %r", self._tap)

    def _call(self, method: Callable[[_Value], None], value: _Value) -> None:
        if not self._open:
            return
        began = self._now()
        try:
            method(value)
        except Exception:
            log.exception("a tap of the stream failed and was detached: %r", self._tap)
            self.close()
            return
        self._debt_s = self._debt_s * FORGET + max(0.0, self._now() - began - FREE_S)
        if self._debt_s > DEBT_S:
            log.error("a tap blocked the stream for %.1f s and was detached: %r", self._debt_s, self._tap)
            self.close()


class Hub:
    """Hands what the ingest writes to its taps. `now` is in seconds of a monotonic clock."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._taps: list[Tap] = []
        self._attached: dict[AttachedTap, _Guard] = {}
        self._tracks: Tracks | None = None
        self.end_ms = 0  # the latest dts handed on

    def tap(self, tap: Tap) -> None:
        """Add a tap whose errors are the writer's. It is called before the attached ones."""
        self._taps.append(tap)

    def attach(self, tap: AttachedTap) -> None:
        """Add a tap that is detached when it fails."""
        guard = self._attached[tap] = _Guard(tap, self._now)
        if self._tracks is not None:
            guard.start(self._tracks)

    def detach(self, tap: AttachedTap) -> None:
        """Close an attached tap; nothing when it is none, or not any more."""
        guard = self._attached.pop(tap, None)
        if guard is not None:
            guard.close()

    def start(self, tracks: Tracks) -> None:
        self._tracks = tracks
        for tap in (*self._taps, *self._attached.values()):
            tap.start(tracks)

    def put(self, sample: Sample) -> None:
        self.end_ms = max(self.end_ms, sample.dts_ms)
        for tap in (*self._taps, *self._attached.values()):
            tap.put(sample)

    def close(self) -> None:
        """The broadcast is over: close what is attached."""
        for guard in self._attached.values():
            guard.close()
        self._attached.clear()
