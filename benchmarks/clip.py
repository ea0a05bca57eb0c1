"""The benchmarks' stream: moving test pictures with noise, numbered by `barcode.py`, encoded once and kept.

x264 as streaming programs set it: constant rate, a keyframe every two seconds, no scene cuts; AAC at 48 kHz.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import av
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.codec.context import ThreadType
from av.container import OutputContainer
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from benchmarks import barcode
from media import flv

VideoPacket: TypeAlias = "av.Packet[VideoStream]"
AudioPacket: TypeAlias = "av.Packet[AudioStream]"

CACHE = Path(__file__).resolve().parents[1] / ".bench-cache"
VERSION = 1  # another one makes all clips anew
RATE, FRAME = 48_000, 1024  # 16 s are 750 frames of AAC to the sample, so a clip of that length loops without a seam
GOP_S = 2
AUDIO_KBPS = 128


@dataclass(frozen=True, slots=True)
class Clip:
    """`kbps` is sound and pictures together. `seconds` has to be a multiple of 16, for the sake of the loop."""

    height: int = 1080
    fps: int = 30
    seconds: int = 16
    kbps: int = 4_500

    @property
    def size(self) -> tuple[int, int]:
        return self.height * 16 // 9, self.height

    @property
    def frames(self) -> int:
        return self.seconds * self.fps

    @property
    def length_ms(self) -> int:
        return self.seconds * 1000

    @property
    def path(self) -> Path:
        return CACHE / f"{self.height}p{self.fps}-{self.kbps}k-{self.seconds}s-v{VERSION}.flv"

    def __str__(self) -> str:
        return f"{self.height}p{self.fps}, {self.kbps / 1000:g} Mbit/s with AAC, a keyframe every {GOP_S} s"


FULL_HD = Clip()
HD = Clip(height=720, kbps=2_800)


def made(clip: Clip) -> Path:
    """The clip as an FLV file, encoded if there is none yet; that takes some seconds."""
    if not clip.path.exists():
        CACHE.mkdir(exist_ok=True)
        begun = clip.path.with_suffix(f".{os.getpid()}")
        _encode(clip, begun)
        begun.replace(clip.path)
    return clip.path


@dataclass(frozen=True, slots=True)
class Reel:
    """A clip to send: `opening` once, then `round` again and again, `length_ms` later each time."""

    opening: tuple[flv.Tag, ...]
    round: tuple[flv.Tag, ...]
    length_ms: int


def reel(clip: Clip) -> Reel:
    tags = [tag for tag in flv.read_tags(made(clip).read_bytes()) if tag.kind is not flv.TagKind.SCRIPT]
    kinds = [_packet(tag) for tag in tags]
    return Reel(
        tuple(tag for tag, kind in zip(tags, kinds, strict=True) if kind is flv.Packet.CONFIG),
        tuple(tag for tag, kind in zip(tags, kinds, strict=True) if kind is flv.Packet.FRAMES),
        clip.length_ms,
    )


def _packet(tag: flv.Tag) -> flv.Packet:
    parse = flv.parse_video if tag.kind is flv.TagKind.VIDEO else flv.parse_audio
    return parse(tag.payload).packet


def _encode(clip: Clip, path: Path) -> None:
    with av.open(str(path), "w", format="flv", options={"flvflags": "no_duration_filesize"}) as container:
        video, audio = _video_stream(container, clip), container.add_stream("aac", rate=RATE, layout="stereo")
        audio.bit_rate = AUDIO_KBPS * 1000
        packets: list[VideoPacket | AudioPacket] = [*_video(video, clip), *_audio(audio, clip)]
        for packet in sorted(packets, key=lambda each: (each.dts or 0) * each.time_base):
            container.mux_one(packet)


def _video_stream(container: OutputContainer, clip: Clip) -> VideoStream:
    kbps = clip.kbps - AUDIO_KBPS
    gop = str(GOP_S * clip.fps)
    options = {"preset": "veryfast", "g": gop, "keyint_min": gop, "sc_threshold": "0", "bf": "0", "profile": "high"}
    options |= {"maxrate": f"{kbps}k", "bufsize": f"{kbps}k", "x264-params": "nal-hrd=cbr"}
    stream = container.add_stream("libx264", rate=clip.fps, options=options)
    stream.width, stream.height = clip.size
    stream.pix_fmt = "yuv420p"
    stream.bit_rate = kbps * 1000
    stream.codec_context.thread_type = ThreadType.FRAME
    return stream


def _video(stream: VideoStream, clip: Clip) -> Iterator[VideoPacket]:
    width, height = clip.size
    picture = f"testsrc2=s={width}x{height}:r={clip.fps}:d={clip.seconds},noise=alls=9:allf=t"
    with av.open(picture, format="lavfi") as source:
        for number, frame in enumerate(source.decode(video=0)):
            frame.pict_type = PictureType.NONE  # raw pictures say I, and x264 would obey
            _stamp(frame, number)
            yield from stream.encode(frame)
    yield from stream.encode(None)


def _stamp(frame: VideoFrame, number: int) -> None:
    luma, chroma = frame.planes[0], frame.planes[1:]
    high = frame.height // barcode.HEIGHT_PART // 2 * 2
    pixels = memoryview(luma)
    row = barcode.row(number, frame.width)
    for y in range(high):
        pixels[y * luma.line_size : y * luma.line_size + len(row)] = row
    for plane in chroma:
        memoryview(plane)[: high // 2 * plane.line_size] = bytes([128]) * (high // 2 * plane.line_size)


def _audio(stream: AudioStream, clip: Clip) -> Iterator[AudioPacket]:
    tone = f"sine=frequency=330:beep_factor=4:sample_rate={RATE}:duration={clip.seconds}"
    resampler = AudioResampler(format="fltp", layout="stereo", rate=RATE, frame_size=FRAME)
    with av.open(tone, format="lavfi") as source:
        for piece in source.decode(audio=0):
            for frame in resampler.resample(piece):
                yield from stream.encode(frame)
    for frame in resampler.resample(None):
        yield from stream.encode(frame)
    yield from stream.encode(None)


if __name__ == "__main__":
    for each in (FULL_HD, HD):
        print(each, made(each))
