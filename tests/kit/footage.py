"""Test media, encoded on the spot by PyAV: libav's FLV muxer writes what OBS and ffmpeg send, so the parsers meet an
independent writer. The same arguments always give the same bytes; each is encoded once per process.
"""

import io
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import av
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.codec.context import ThreadType
from av.container import OutputContainer
from av.video.frame import PictureType
from av.video.stream import VideoStream

from media import flv

VideoPacket: TypeAlias = "av.Packet[VideoStream]"
AudioPacket: TypeAlias = "av.Packet[AudioStream]"


@dataclass(frozen=True, slots=True)
class Recipe:
    """The encoding. `gop` is in frames; `profile`, `pixels` and `options` are x264's and libav's names."""

    seconds: float = 2.0
    size: tuple[int, int] = (320, 180)
    fps: int = 30
    gop: int = 30
    video: bool = True
    audio: bool = True
    bframes: int = 0
    kbps: int = 300
    profile: str = "high"
    pixels: str = "yuv420p"
    rate: int = 48_000
    layout: str = "stereo"
    options: tuple[tuple[str, str], ...] = ()


DEFAULT = Recipe()


def flv_file(recipe: Recipe = DEFAULT) -> bytes:
    """An FLV file with a moving test picture and a beeping tone: metadata, configurations, frames."""
    return _kept(recipe)


def flv_tags(recipe: Recipe = DEFAULT) -> tuple[flv.Tag, ...]:
    """The tags of that file in their order, metadata included, timestamps beginning near 0."""
    return _tags(recipe)


@cache
def _tags(recipe: Recipe) -> tuple[flv.Tag, ...]:
    return tuple(flv.read_tags(_kept(recipe)))


@cache
def _kept(recipe: Recipe) -> bytes:
    return encode(recipe)


def encode(recipe: Recipe) -> bytes:
    """flv_file, encoded anew."""
    out = io.BytesIO()
    with av.open(out, "w", format="flv", options={"flvflags": "no_duration_filesize"}) as container:
        streams: list[VideoStream | AudioStream] = []
        if recipe.video:
            streams.append(_video_stream(container, recipe))
        if recipe.audio:
            streams.append(_audio_stream(container, recipe))
        packets: list[VideoPacket | AudioPacket] = []
        for stream in streams:
            packets += _video(stream, recipe) if isinstance(stream, VideoStream) else _audio(stream, recipe)
        # the muxer needs no interleaving queue when the packets come in decoding order
        for packet in sorted(packets, key=lambda each: (each.dts or 0) * each.time_base):
            container.mux_one(packet)
    return out.getvalue()


def _video_stream(container: OutputContainer, recipe: Recipe) -> VideoStream:
    # one thread: more would make the bytes depend on the machine
    options = {"preset": "veryfast", "threads": "1", "g": str(recipe.gop), "keyint_min": str(recipe.gop)}
    options |= {"sc_threshold": "0", "bf": str(recipe.bframes), "profile": recipe.profile, **dict(recipe.options)}
    stream = container.add_stream("libx264", rate=recipe.fps, options=options)
    stream.width, stream.height = recipe.size
    stream.pix_fmt = recipe.pixels
    stream.bit_rate = recipe.kbps * 1000
    stream.codec_context.thread_type = ThreadType.FRAME  # PyAV's default, SLICE, cuts each picture into slices
    return stream


def _audio_stream(container: OutputContainer, recipe: Recipe) -> AudioStream:
    return container.add_stream("aac", rate=recipe.rate, layout=recipe.layout)


def _video(stream: VideoStream, recipe: Recipe) -> list[VideoPacket]:
    width, height = recipe.size
    source = f"testsrc2=s={width}x{height}:r={recipe.fps}:d={recipe.seconds}"
    packets: list[VideoPacket] = []
    with av.open(source, format="lavfi") as lavfi:
        for frame in lavfi.decode(video=0):
            frame = frame.reformat(format=recipe.pixels)
            frame.pict_type = PictureType.NONE  # raw pictures say I, and x264 would obey
            packets += stream.encode(frame)
    return packets + stream.encode(None)


def _audio(stream: AudioStream, recipe: Recipe) -> list[AudioPacket]:
    source = f"sine=frequency=330:beep_factor=4:sample_rate={recipe.rate}:duration={recipe.seconds}"
    resampler = AudioResampler(format="fltp", layout=recipe.layout, rate=recipe.rate, frame_size=1024)
    packets: list[AudioPacket] = []
    with av.open(source, format="lavfi") as lavfi:
        for tone in lavfi.decode(audio=0):
            for frame in resampler.resample(tone):
                packets += stream.encode(frame)
    for frame in resampler.resample(None):
        packets += stream.encode(frame)
    return packets + stream.encode(None)
