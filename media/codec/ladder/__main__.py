"""The child process: reads a setup, tracks and samples from standard input, and writes tracks and samples of the
renditions to standard output until its input ends.

The main thread reads and decodes; it never waits for a rendition (see `video.py`).
"""

import ctypes
import os
import resource
import select
import signal
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction
from typing import Any

import av
from av.error import FFmpegError
from av.filter import Graph
from av.video.frame import VideoFrame

from media import avc
from media.codec.ladder.audio import AudioRenditions
from media.codec.ladder.plan import NoteCode, Setup, measured_rate, read_setup
from media.codec.ladder.protocol import (
    BadMessage,
    Message,
    MessageReader,
    Note,
    Progress,
    SampleMessage,
    SetupMessage,
    TracksMessage,
    write,
)
from media.codec.ladder.video import CLOCK, Picture, Source, VideoRendition
from media.codec.picture import MAX_PIXELS, decoder
from media.track import Kind, Sample

NICENESS = 5  # viewers come first
READ = 1 << 18  # bytes
REPORT_S = 0.5  # between two reports of progress, and between two counts of dropped pictures
STUCK_S = 5.0  # for one picture
MEASURED = 6  # pictures whose times tell the frame rate, if they come within
MEASURED_MS = 500
UNDECODABLE = 30  # samples in a row
MAX_KEYS = 64  # keyframes in the decoder
PR_SET_PDEATHSIG = 1  # of Linux' prctl


class Writer:
    """Standard output, shared by all threads."""

    def __init__(self, file: int) -> None:
        self._file, self._lock = file, threading.Lock()

    def write(self, message: Message) -> None:
        data = memoryview(write(message))
        with self._lock:
            while data:
                data = data[os.write(self._file, data) :]


class RenditionOutlet:
    """The way of a rendition to the node, for the thread of its picture and that of its sound."""

    def __init__(self, writer: Writer, rendition: int) -> None:
        self._writer, self._rendition = writer, rendition
        self._configs: dict[Kind, bytes] = {}
        self._lock = threading.Lock()
        self._closed = False

    def begin(self, kind: Kind, config: bytes) -> None:
        with self._lock:  # the configurations go together, and the last message has to have both
            self._configs[kind] = config
            video, audio = (self._configs.get(each, b"") for each in (Kind.VIDEO, Kind.AUDIO))
            self._write(TracksMessage(self._rendition, video, audio))

    def put(self, sample: Sample) -> None:
        with self._lock:
            self._write(SampleMessage(self._rendition, sample))

    def note(self, code: NoteCode, **values: object) -> None:
        with self._lock:
            self._write(Note(self._rendition, code.value, values))

    def close(self) -> None:
        """Write nothing more: what an encoder makes later does not belong to the tracks that follow."""
        with self._lock:
            self._closed = True

    def _write(self, message: Message) -> None:
        if not self._closed:
            self._writer.write(message)


class Deinterlacer:
    """Makes whole pictures of two fields each. A picture leaves when the next one comes."""

    def __init__(self, frame: VideoFrame) -> None:
        self._graph = Graph()
        source = self._graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=CLOCK)
        filters = self._graph.add("bwdif", "mode=send_frame:deint=interlaced")
        sink = self._graph.add("buffersink")
        source.link_to(filters)
        filters.link_to(sink)
        self._graph.configure()

    def put(self, frame: VideoFrame) -> list[VideoFrame]:
        """Return the pictures that are complete, with their times in milliseconds."""
        frame.time_base = CLOCK
        self._graph.push(frame)
        out = []
        with suppress(BlockingIOError, EOFError):
            while True:
                made = self._graph.pull()
                assert isinstance(made, VideoFrame)
                if made.pts is not None and made.time_base:
                    made.pts = round(made.pts * made.time_base * 1000)
                out.append(made)
        return out


class Epoch:
    """All that belongs to one pair of tracks: the decoders, and the renditions that are made of it."""

    def __init__(self, setup: Setup, tracks: TracksMessage, writer: Writer) -> None:
        self._setup, self._writer = setup, writer
        self._config = tracks.video
        self._outlets = [RenditionOutlet(writer, number) for number in range(len(setup.plans))]
        self._sar = Fraction(1)
        if tracks.video:
            self._sar = Fraction(*avc.parse_config(tracks.video).picture.sar)
            self._decoder = decoder("h264", MAX_PIXELS)
            self._decoder.extradata = tracks.video
        sounds = [
            (plan.audio_kbps, outlet)
            for plan, outlet in zip(setup.plans, self._outlets, strict=True)
            if plan.audio_kbps
        ]
        self._audio = AudioRenditions(tracks.audio, sounds) if tracks.audio and sounds else None
        self._held: list[Sample] = []
        self._renditions: dict[int, VideoRendition] = {}
        self._keys: dict[int, int] = {}  # keyframes that were sent to the decoder: their times, dts to cts
        self._offset_ms = 0
        self._last_ms = -1
        self._failed = {Kind.VIDEO: 0, Kind.AUDIO: 0}
        self._deinterlacer: Deinterlacer | None = None

    def put(self, sample: Sample) -> None:
        """Decode a sample, and hand what comes out to the renditions."""
        try:
            if sample.kind is Kind.AUDIO:
                if self._audio is not None:
                    self._audio.put(sample)
            elif self._config:
                self._see(sample)
            self._failed[sample.kind] = 0
        except (FFmpegError, ValueError) as error:
            self._failed[sample.kind] += 1
            if self._failed[sample.kind] == UNDECODABLE:
                self._writer.write(
                    Note(0, NoteCode.UNDECODABLE.value, {"reason": str(error), "kind": sample.kind.value})
                )

    def _see(self, sample: Sample) -> None:
        if self._renditions or not any(plan.video for plan in self._setup.plans):
            self._decode(sample)
            return
        self._held.append(sample)
        long = sample.dts_ms - self._held[0].dts_ms >= MEASURED_MS
        if self._setup.framerate or len(self._held) >= MEASURED or long:
            rate = self._setup.framerate or measured_rate([each.dts_ms for each in self._held])
            self._begin(Source(rate, self._sar))
            held, self._held = self._held, []
            for each in held:
                self._decode(each)

    def _begin(self, source: Source) -> None:
        for number, plan in enumerate(self._setup.plans):
            if plan.video is not None:
                made = VideoRendition(plan.video, self._setup.codec, source, self._outlets[number])
                self._renditions[number] = made
                made.start()

    def _decode(self, sample: Sample) -> None:
        at = sample.dts_ms + sample.cts_ms
        if sample.key:
            self._keys[at] = sample.cts_ms
            if len(self._keys) > MAX_KEYS:  # none of them was decoded
                del self._keys[next(iter(self._keys))]
        packet: av.Packet[Any] = av.Packet(sample.data)
        packet.pts, packet.dts, packet.time_base = at, sample.dts_ms, CLOCK
        for frame in self._decoder.decode(packet):
            for picture in self._whole(frame):
                self._offer(picture)

    def _whole(self, frame: VideoFrame) -> list[VideoFrame]:
        if self._deinterlacer is None:
            if not frame.interlaced_frame:
                return [frame]
            self._deinterlacer = Deinterlacer(frame)
        return self._deinterlacer.put(frame)

    def _offer(self, frame: VideoFrame) -> None:
        """Give the picture the decoding time of the source's sample, so that segments begin at the same time."""
        if frame.pts is None:
            return
        key = self._keys.pop(frame.pts, None)
        if key is not None:
            self._offset_ms = key
            for at in [at for at in self._keys if at < frame.pts]:
                del self._keys[at]
        dts_ms = frame.pts - self._offset_ms
        if dts_ms <= self._last_ms:
            return
        self._last_ms = dts_ms
        picture = Picture(frame, dts_ms, self._offset_ms, key is not None)
        for rendition in self._renditions.values():
            rendition.offer(picture)

    def report(self, now: float, taken_ms: int) -> None:
        """Write how many pictures were dropped, and what was taken, unless an encoder hangs."""
        self._count()
        if not any(each.stuck(now, STUCK_S) for each in self._renditions.values()):
            self._writer.write(Progress(taken_ms))

    def _count(self) -> None:
        for number, rendition in self._renditions.items():
            if rendition.dropped:
                dropped, rendition.dropped = rendition.dropped, 0
                self._outlets[number].note(NoteCode.BEHIND, dropped=dropped)

    def close(self) -> None:
        """Take the last pictures out of the decoder, and end the renditions."""
        if self._held:  # the broadcast was too short to measure
            self._begin(Source(measured_rate([each.dts_ms for each in self._held]), self._sar))
            held, self._held = self._held, []
            for each in held:
                self.put(each)
        with suppress(FFmpegError):
            for frame in self._decoder.decode(None) if self._config else ():
                for picture in self._whole(frame):
                    self._offer(picture)
        for rendition in self._renditions.values():
            rendition.close()
        self._count()
        if self._audio is not None:
            self._audio.close()
        for outlet in self._outlets:
            outlet.close()


class Child:
    """Takes messages and keeps the present epoch."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._setup: Setup | None = None
        self._epoch: Epoch | None = None
        self._reported = 0.0
        self._taken_ms: int | None = None  # the newest time that is not reported yet

    def take(self, message: Message) -> None:
        """Act on a message from the node. Raises BadMessage for one that does not belong there."""
        match message:
            case SetupMessage(values) if self._setup is None:
                self._setup = _setup(values)
            case TracksMessage() if self._setup is not None:
                self.close()
                self._epoch = Epoch(self._setup, message, self._writer)
            case SampleMessage(sample=sample) if self._epoch is not None:
                self._epoch.put(sample)
                self._taken_ms = max(sample.dts_ms, self._taken_ms or 0)
                if time.monotonic() - self._reported >= REPORT_S:
                    self.report()
            case _:
                raise BadMessage(f"a {type(message).__name__} that does not belong here")

    def report(self) -> None:
        """Report progress since the last report, if there was any."""
        if self._epoch is not None and self._taken_ms is not None:
            self._reported = time.monotonic()
            self._epoch.report(self._reported, self._taken_ms)
            self._taken_ms = None

    def close(self) -> None:
        """End the present epoch."""
        if self._epoch is not None:
            self._epoch.close()
            self._epoch = None


def _setup(values: Mapping[str, Any]) -> Setup:
    try:
        return read_setup(values)
    except (ValueError, TypeError, KeyError) as error:
        raise BadMessage(f"a setup that cannot be read: {error}") from error


def restrict() -> None:
    """Give up what encoding does not need, and end with the node, before anything that a stranger sent is decoded."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, AttributeError):  # only Linux has it; elsewhere the end of the input must do
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def main() -> int:
    restrict()
    reader, child = MessageReader(), Child(Writer(sys.stdout.fileno()))
    source = sys.stdin.fileno()
    try:
        while True:
            if not select.select([source], [], [], REPORT_S)[0]:
                child.report()
                continue
            data = os.read(source, READ)
            if not data:
                break
            for message in reader.receive(data):
                child.take(message)
        child.close()
    except BrokenPipeError:
        return 1
    except (BadMessage, avc.BadConfig, FFmpegError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
