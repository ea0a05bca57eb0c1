"""JPEG pictures to an animated GIF. Runs in the child process only.

GIF89a has 256 colours at most; one palette of evenly spread colours serves all frames, which keeps the file small.
"""

import io
from collections.abc import Sequence
from fractions import Fraction

import av
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from media.codec.picture import NotDecodable, decoder

MAX_PIXELS = 1920 * 1280  # of one picture; thumbnails are 1280 wide
MAX_SHAPE = 4  # times as high as wide: what is higher is no picture of a camera
PALETTE = "rgb8"  # 3 bits of red and green, 2 of blue


def gif(pictures: Sequence[bytes], width: int, frame_ms: int) -> bytes:
    """Return the pictures as one GIF that repeats for ever, `width` pixels wide. Raises NotDecodable."""
    try:
        frames = [_decode(picture) for picture in pictures]
        height = max(1, min(width * MAX_SHAPE, round(frames[0].height * width / frames[0].width)))
        return _encode([frame.reformat(width, height, PALETTE, interpolation="AREA") for frame in frames], frame_ms)
    except (FFmpegError, ValueError, IndexError) as error:
        raise NotDecodable(str(error)) from error


def _decode(picture: bytes) -> VideoFrame:
    codec = decoder("mjpeg", MAX_PIXELS)
    frames = [*codec.decode(av.Packet(picture)), *codec.decode(None)]
    if not frames:
        raise NotDecodable("there is no picture in the JPEG")
    return frames[0]


def _encode(frames: Sequence[VideoFrame], frame_ms: int) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="gif", options={"loop": "0"}) as output:
        stream = output.add_stream("gif", rate=Fraction(1000, frame_ms))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, PALETTE
        stream.time_base = Fraction(frame_ms, 1000)
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, Fraction(frame_ms, 1000)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()
