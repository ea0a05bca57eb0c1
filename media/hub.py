"""The bus inside a broadcast: one writer, many readers, and the writer never waits.

A tap is called at once and must be quick (the packager). A reader owns one bounded queue (recorder, restream leg,
encoder): when it falls behind, its queue is dropped up to the next keyframe, and what was dropped is counted.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from media.track import AudioTrack, Kind, Sample, VideoTrack


@dataclass(frozen=True, slots=True)
class Tracks:
    """What the samples that follow are. Sent first, and again whenever a decoder has to start anew."""

    video: VideoTrack | None
    audio: AudioTrack | None


class Tap(Protocol):
    def start(self, tracks: Tracks) -> None:
        """A new run of samples begins; what follows does not continue what came before."""

    def put(self, sample: Sample) -> None: ...


class Reader:
    """One consumer's bounded queue. Iterate it; it ends when the hub or the reader is closed."""

    def __init__(self, max_bytes: int, max_samples: int) -> None:
        self.dropped = 0
        self._max_bytes, self._max_samples = max_bytes, max_samples
        self._queue: deque[Tracks | Sample] = deque()
        self._bytes = 0
        self._skipping = True  # until a place where decoding can begin
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
            self._queue.append(tracks)  # whoever skipped has to set its decoder up again
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


class Hub:
    """Hands what the ingest writes to taps and readers. A reader that joins late starts at the next keyframe."""

    def __init__(self) -> None:
        self._taps: list[Tap] = []
        self._readers: set[Reader] = set()
        self._tracks: Tracks | None = None
        self.end_ms = 0  # the latest dts handed on

    def tap(self, tap: Tap) -> None:
        self._taps.append(tap)

    def join(self, *, max_bytes: int = 8 << 20, max_samples: int = 1024) -> Reader:
        """Return a reader; leave with `leave`. The bounds are what the reader may owe before it is cut short."""
        reader = Reader(max_bytes, max_samples)
        if self._tracks is not None:
            reader.start(self._tracks)
        self._readers.add(reader)
        return reader

    def leave(self, reader: Reader) -> None:
        self._readers.discard(reader)
        reader.close()

    def start(self, tracks: Tracks) -> None:
        self._tracks = tracks
        for tap in self._taps:
            tap.start(tracks)
        for reader in self._readers:
            reader.start(tracks)

    def put(self, sample: Sample) -> None:
        self.end_ms = max(self.end_ms, sample.dts_ms)
        for tap in self._taps:
            tap.put(sample)
        for reader in self._readers:
            reader.put(sample)

    def close(self) -> None:
        for reader in self._readers:
            reader.close()
        self._readers.clear()
