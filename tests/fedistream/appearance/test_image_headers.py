"""The headers of images: each format's size, and what only begins like an image."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedistream.appearance.image_headers import Header, is_svg, read
from tests.kit.examples import examples
from tests.kit.pictures import bitmap, chunk, gif, ico, jpg, png, webp

WHOLE = {
    "png": png(7, 5),
    "gif": gif(7, 5),
    "jpg": jpg(7, 5),
    "webp": webp(7, 5),
    "webp lossless": webp(7, 5, b"VP8L"),
    "webp lossy": webp(7, 5, b"VP8 "),
    "ico": ico(bitmap(7, 5), png(3, 3)),
}


@pytest.mark.parametrize("name", WHOLE)
def test_the_size_of_each_format_is_read(name: str) -> None:
    assert read(WHOLE[name]) == Header(name.split()[0], 7, 5)


@pytest.mark.parametrize("name", WHOLE)
def test_an_image_that_is_cut_off_is_none(name: str) -> None:
    data = WHOLE[name]
    for length in range(len(data) - 1):
        assert read(data[:length]) in (None, Header(name.split()[0], 7, 5))
    assert read(data[:8]) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x89PNG\r\n\x1a\n<script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"") + chunk(b"IEND", b""),
        b"GIF89a<script>alert(1)</script>",
        b"RIFF\4\0\0\0WEBP",
        b"\xff\xd8\xff<html>",
        ico(),
        ico(*(bitmap() for _ in range(33))),
        ico(b"x" * 60),
        ico(bitmap())[:-4],
    ],
)
def test_anything_else_is_no_image(data: bytes) -> None:
    assert read(data) is None


def test_an_icon_is_as_large_as_its_images_rather_than_its_directory() -> None:
    assert read(ico(png(5000, 5000))) == Header("ico", 5000, 5000)


def test_an_svg_is_known_after_a_comment() -> None:
    assert is_svg(b"<?xml version='1.0'?><!-- drawn by hand --><SVG>")
    assert not is_svg(png())


@examples(100)
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_damaged_images_raise_nothing(name: str, data: st.DataObject) -> None:
    raw = bytearray(WHOLE[name])
    for _ in range(4):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(raw))
