"""Keyframes to JPEGs: sizes, colours, kinds of H.264; and what is no keyframe."""

import io
from typing import Any

import av
import pytest

from media import jpeg as jpegs
from media.codec.picture import NotDecodable, jpeg
from media.codec.request import Request
from tests.kit.keyframes import keyframe


def drawn(max_width: int = 1280, **more: Any) -> bytes:
    source = keyframe(**more)
    return jpeg(Request(source.track.decoder_config, source.data, max_width))


@pytest.mark.parametrize(
    ("given", "max_width", "size"),
    [
        ((320, 180), 1280, (320, 180)),
        ((320, 180), 160, (160, 90)),
        ((176, 144), 101, (101, 83)),
        ((360, 640), 100, (100, 178)),
        ((320, 180), 1, (1, 1)),
    ],
)
def test_a_picture_is_made_smaller_and_never_larger(
    given: tuple[int, int], max_width: int, size: tuple[int, int]
) -> None:
    assert jpegs.size(drawn(max_width, width=given[0], height=given[1])) == size


def test_the_picture_is_the_one_that_was_sent() -> None:
    """The test picture is grey below and above its coloured bars, which a decoder of its own has to find again."""
    with av.open(io.BytesIO(drawn()), "r", format="jpeg_pipe") as container:
        (shown,) = container.decode(video=0)
    with av.open("testsrc2=s=320x180:r=30:d=0.1", format="lavfi") as source:
        sent = next(source.decode(video=0))
    mine, theirs = (bytes(frame.reformat(32, 18, "gray").planes[0]) for frame in (shown, sent))
    difference = sum(abs(a - b) for a, b in zip(mine, theirs, strict=True)) / len(mine)
    assert difference < 8


@pytest.mark.parametrize(
    "more",
    [
        {"profile": "baseline"},
        {"bframes": 2},
        {"profile": "high422", "pixels": "yuv422p"},
        {"options": (("slices", "4"),)},
    ],
)
def test_whatever_kind_of_h264_an_encoder_sends(more: dict[str, Any]) -> None:
    assert jpegs.size(drawn(**more)) == (320, 180)


@pytest.mark.parametrize("data", [b"\x00", bytes(100), b"\xff" * 5000, b"\x00\x00\x00\x05\x65hello"])
def test_what_is_no_keyframe_is_told(data: bytes) -> None:
    with pytest.raises(NotDecodable):
        jpeg(Request(keyframe().track.decoder_config, data, 640))


def test_a_keyframe_that_is_cut_off_gives_a_picture_or_a_word() -> None:
    source = keyframe()
    for part in (2, 3, 10, 50):
        try:
            made = jpeg(Request(source.track.decoder_config, source.data[: len(source.data) // part], 640))
        except NotDecodable:
            continue
        assert jpegs.size(made) == (320, 180)


def test_a_picture_that_would_fill_the_memory_is_refused() -> None:
    source = keyframe()
    request = Request(source.track.decoder_config, source.data, 640)
    assert jpegs.size(jpeg(request, max_pixels=320 * 192)) == (320, 180)
    with pytest.raises(NotDecodable):
        jpeg(request, max_pixels=320 * 180 - 1)
