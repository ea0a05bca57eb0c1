"""An H.264 keyframe to a JPEG. Runs in the child process only: libav may crash or hang on what encoders send."""

from fractions import Fraction

import av
from av.codec.context import CodecContext
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from media.codec.request import Request

MAX_PIXELS = 8192 * 4320  # a picture of it takes 53 MB; what is larger is an attack rather than a camera
QUALITY = "4"  # libav's scale of 2 to 31; about 60 KB for 1280x720


class NotDecodable(Exception):
    """The keyframe could not be decoded; str() says why, in libav's words."""


def jpeg(request: Request, max_pixels: int = MAX_PIXELS) -> bytes:
    """Return the picture as a JPEG, scaled down to `request.max_width` if it is wider. Raises NotDecodable."""
    try:
        return _encode(_scaled(_decode(request, max_pixels), request.max_width))
    except (FFmpegError, ValueError) as error:
        raise NotDecodable(str(error)) from error


def _decode(request: Request, max_pixels: int) -> VideoFrame:
    codec = decoder("h264", max_pixels)
    codec.extradata = request.decoder_config
    frames = [*codec.decode(av.Packet(request.frame)), *codec.decode(None)]
    if not frames:
        raise NotDecodable("there is no picture in the keyframe")
    return frames[0]


def decoder(codec: str, max_pixels: int) -> VideoCodecContext:
    """Return a decoder that refuses larger pictures."""
    context = _context(codec, "r")
    # one thread: with several, a context that is dropped with frames in flight hangs for ever
    context.thread_count = 1
    context.options = {"max_pixels": str(max_pixels)}
    return context


def _scaled(frame: VideoFrame, max_width: int) -> VideoFrame:
    width, height = frame.width, frame.height
    if width > max_width:
        width, height = max_width, max(1, round(frame.height * max_width / frame.width))
    # JPEG has the full range of values; what cameras send has not
    return frame.reformat(width, height, "yuvj420p", interpolation="AREA")


def _encode(frame: VideoFrame) -> bytes:
    encoder = _context("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuvj420p"
    encoder.options = {"qmin": QUALITY, "qmax": QUALITY}
    encoder.framerate = Fraction(1)
    encoder.thread_count = 1
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def _context(codec: str, mode: str) -> VideoCodecContext:
    context = CodecContext.create(codec, mode)  # type: ignore[call-overload]
    assert isinstance(context, VideoCodecContext)
    return context
