"""The pictures of one rendition: scaled and encoded by a thread of their own. Runs in the child process only.

The decoder hands each picture to all renditions. It waits for a slow one a little, so that a burst is not lost; one
that cannot keep up leaves pictures out, of itself alone.
"""

import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from av.codec.context import CodecContext, Flags, ThreadType
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from media import avc, nalunits
from media.codec.ladder.plan import PRESETS, X264, NoteCode, VideoPlan, fit, threads
from media.track import Kind, Sample

MAX_WAITING = 8  # pictures, of up to 53 MB each
PATIENCE_S = 1.0  # the decoder waits so long for one rendition in all, and gets the time back at REFILL
REFILL = 0.05  # per second
MAX_GOP = 600  # pictures; keyframes come where the source has them
CLOCK = Fraction(1, 1000)
TRIAL_PICTURES = 3
CLOSE_S = 2.0

# what makes an encoder answer at once, with keyframes only where they are asked for
HARDWARE = {
    "h264_nvenc": {"preset": "p4", "tune": "ull", "forced-idr": "1", "delay": "0", "no-scenecut": "1"},
    "h264_qsv": {"preset": "veryfast", "forced_idr": "1", "async_depth": "1", "look_ahead": "0"},
    "h264_amf": {"usage": "ultralowlatency", "forced_idr": "1"},
    "h264_v4l2m2m": {},
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture with the times of the sample that it becomes; `key` where the source has a keyframe."""

    frame: VideoFrame
    dts_ms: int
    cts_ms: int
    key: bool


@dataclass(frozen=True, slots=True)
class Source:
    """The source's pictures a second, and how many times its pixels are as wide as high."""

    framerate: float
    sar: Fraction = Fraction(1)


class Outlet(Protocol):
    """The way back to the node. All methods may be called from any thread."""

    def begin(self, kind: Kind, config: bytes) -> None: ...
    def put(self, sample: Sample) -> None: ...
    def note(self, code: NoteCode, **values: object) -> None: ...


class VideoRendition(threading.Thread):
    """Encodes the pictures that are offered to it, from the first on, which is a keyframe; `close` ends it."""

    def __init__(self, plan: VideoPlan, codec: str, source: Source, outlet: Outlet) -> None:
        super().__init__(daemon=True)
        self._plan, self._codec, self._sar, self._outlet = plan, codec, source.sar, outlet
        framerate = source.framerate
        self._rate = min(framerate, plan.framerate) if plan.framerate else framerate
        self._thins = bool(plan.framerate) and plan.framerate < framerate * 0.99
        self._due_ms = 0.0
        self._waiting: deque[Picture] = deque()
        self._changed = threading.Condition()
        self._closed = self._ended = False  # `_ended`: nothing is encoded any more
        self._busy_since: float | None = None
        self._scaler = VideoReformatter()
        self._encoder: VideoCodecContext | None = None
        self._times: dict[int, int] = {}  # of pictures in the encoder: dts to cts
        self._patience_s, self._waited_at = PATIENCE_S, time.monotonic()
        self.dropped = 0

    def offer(self, picture: Picture) -> None:
        """Take a picture, or leave it out: because of the frame rate, or because too many wait already."""
        if self._thins and not self._is_due(picture):
            return
        with self._changed:
            has_room = self._has_room()
            if self._ended:  # perhaps during that pause
                return
            if not has_room:
                self.dropped += 1
                if not picture.key:
                    return
                del self._waiting[-1]  # segments begin with keyframes: one of them is never left out
            self._waiting.append(picture)
            self._changed.notify_all()

    def _has_room(self) -> bool:
        """Return whether a picture may wait, perhaps after a pause."""
        if len(self._waiting) < MAX_WAITING:
            return True
        now = time.monotonic()
        self._patience_s = min(PATIENCE_S, self._patience_s + (now - self._waited_at) * REFILL)
        self._changed.wait_for(lambda: self._ended or len(self._waiting) < MAX_WAITING, self._patience_s)
        self._waited_at = time.monotonic()
        self._patience_s = max(0.0, self._patience_s - (self._waited_at - now))
        return len(self._waiting) < MAX_WAITING

    def _is_due(self, picture: Picture) -> bool:
        step = 1000 / self._plan.framerate
        if picture.key or picture.dts_ms > self._due_ms + 4 * step:
            self._due_ms = picture.dts_ms
        elif picture.dts_ms < self._due_ms - 1:
            return False
        self._due_ms += step
        return True

    def stuck(self, now: float, after_s: float) -> bool:
        """Return whether one picture has taken longer than `after_s` seconds of the monotonic clock."""
        since = self._busy_since
        return since is not None and now - since > after_s

    def close(self) -> None:
        """Encode what waits, and end."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self.is_alive():
            self.join(CLOSE_S)

    def run(self) -> None:
        try:
            while (picture := self._next()) is not None:
                self._busy_since = time.monotonic()
                self._encode(picture)
                self._busy_since = None
            if self._encoder is not None:
                self._emit(self._encoder.encode(None))
        except (FFmpegError, ValueError, avc.BadConfig) as error:
            self._outlet.note(NoteCode.REFUSED, reason=str(error))
        finally:
            self._busy_since = None
            self._encoder = None
            with self._changed:
                self._ended = True
                self._waiting.clear()
                self._changed.notify_all()

    def _next(self) -> Picture | None:
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return None
                self._changed.wait()
            self._changed.notify_all()
            return self._waiting.popleft()

    def _encode(self, picture: Picture) -> None:
        frame = picture.frame
        encoder = self._encoder
        if encoder is None:
            size = fit((frame.width, frame.height), self._sar, self._plan)
            encoder = self._encoder = self._open(size, frame)
            self._outlet.begin(Kind.VIDEO, _record(encoder.extradata or b""))
        scaled = self._scaler.reformat(
            frame, encoder.width, encoder.height, "yuv420p", interpolation=Interpolation.BICUBIC, threads=1
        )
        scaled.pts, scaled.time_base = picture.dts_ms, CLOCK
        scaled.pict_type = PictureType.I if picture.key else PictureType.NONE
        self._times[picture.dts_ms] = picture.cts_ms
        self._emit(encoder.encode(scaled))

    def _open(self, size: tuple[int, int], frame: VideoFrame) -> VideoCodecContext:
        if self._codec != X264:
            try:
                try_encoder(self._codec, size)
                return open_encoder(self._codec, size, self._plan, self._rate, frame)
            except (FFmpegError, ValueError) as error:
                self._outlet.note(NoteCode.FELL_BACK, codec=self._codec, reason=str(error))
        return open_encoder(X264, size, self._plan, self._rate, frame)

    def _emit(self, packets: list) -> None:  # type: ignore[type-arg]
        for packet in packets:
            cts_ms = self._times.pop(packet.pts, None)
            if cts_ms is None or packet.pts is None:
                continue
            for at in [at for at in self._times if at < packet.pts]:  # the encoder has left them out
                del self._times[at]
            units = [unit for unit in nalunits.split(bytes(packet)) if unit[0] & 0x1F not in LEFT_OUT]
            data = nalunits.join(units)
            self._outlet.put(Sample(Kind.VIDEO, packet.pts, data, bool(packet.is_keyframe), cts_ms))


# the parameter sets are in the configuration; SEI is x264's list of options; 9 is the access unit delimiter
LEFT_OUT = frozenset({nalunits.SPS, nalunits.PPS, nalunits.SEI, 9})


def _record(extradata: bytes) -> bytes:
    units = nalunits.split(extradata)
    sps = [unit for unit in units if unit[0] & 0x1F == nalunits.SPS]
    pps = [unit for unit in units if unit[0] & 0x1F == nalunits.PPS]
    return avc.write_record(sps, pps)


def open_encoder(
    codec: str, size: tuple[int, int], plan: VideoPlan, framerate: float, like: VideoFrame | None = None
) -> VideoCodecContext:
    """Return an open encoder that gives each picture back at once. `like` has the colours. Raises FFmpegError and
    ValueError."""
    encoder = CodecContext.create(codec, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p" if codec != "h264_qsv" else "nv12"
    encoder.time_base, encoder.framerate = CLOCK, Fraction(framerate).limit_denominator(1001)
    encoder.bit_rate = plan.kbps * 1000
    encoder.gop_size, encoder.max_b_frames = MAX_GOP, 0
    encoder.flags |= Flags.global_header
    if like is not None and like.format.name[:4] != "yuvj":
        encoder.colorspace, encoder.color_primaries, encoder.color_trc = (
            like.colorspace,
            like.color_primaries,
            like.color_trc,
        )
    rate = {"maxrate": f"{plan.kbps * 106 // 100}k", "bufsize": f"{plan.kbps * 12 // 10}k"}
    if codec == X264:
        count = threads(size, framerate, plan.effort, os.cpu_count() or 1)
        encoder.thread_type, encoder.thread_count = ThreadType.FRAME, count
        encoder.options = rate | {
            "preset": PRESETS[plan.effort][0],
            "tune": "zerolatency",
            "profile": "high",
            "forced-idr": "1",
            "sc_threshold": "0",
            "x264-params": f"sliced-threads=0:threads={count}:scenecut=0",
        }
    else:
        encoder.options = rate | HARDWARE.get(codec, {})
    encoder.open()
    return encoder


def try_encoder(codec: str, size: tuple[int, int] = (320, 180)) -> None:
    """Encode a few pictures with this encoder. Raises FFmpegError and ValueError where it does not work."""
    encoder = open_encoder(codec, size, VideoPlan(1000), 30)
    made = 0
    for number in range(TRIAL_PICTURES):
        frame = VideoFrame(*size, encoder.pix_fmt or "yuv420p")
        for plane in frame.planes:
            plane.update(bytes((number * 7 % 256,)) * plane.buffer_size)
        frame.pts, frame.time_base = number * 33, CLOCK
        made += sum(packet.size for packet in encoder.encode(frame))
    made += sum(packet.size for packet in encoder.encode(None))
    if not made or not encoder.extradata:
        raise ValueError(f"{codec} made nothing of {TRIAL_PICTURES} pictures")
