"""The size of a JPEG: of every process of coding, with odd segments, and of nothing that is cut off."""

import pytest

from media.jpeg import BadJpeg, size

FRAME = b"\xff\xc0\x00\x11\x08\x02\xd0\x05\x00\x03" + bytes(9)  # 1280x720
APP0 = b"\xff\xe0\x00\x10JFIF\x00" + bytes(9)
SCAN = b"\xff\xda\x00\x08" + bytes(6)


def test_the_size_stands_in_the_frame_header() -> None:
    assert size(b"\xff\xd8" + APP0 + FRAME + SCAN) == (1280, 720)


@pytest.mark.parametrize("marker", [0xC1, 0xC2, 0xC9, 0xCF])
def test_every_process_of_coding_has_one(marker: int) -> None:
    assert size(b"\xff\xd8\xff" + bytes([marker]) + FRAME[2:]) == (1280, 720)


@pytest.mark.parametrize("table", [0xC4, 0xC8, 0xCC, 0xDB])
def test_tables_are_no_frame_headers(table: int) -> None:
    other = b"\xff" + bytes([table]) + b"\x00\x11\x08\x00\x01\x00\x01" + bytes(10)
    assert size(b"\xff\xd8" + other + FRAME) == (1280, 720)


def test_fill_bytes_and_markers_without_a_length_are_stepped_over() -> None:
    assert size(b"\xff\xd8\xff\xff\xff\x01" + b"\xff" + FRAME) == (1280, 720)


def test_what_is_cut_off_has_no_size() -> None:
    whole = b"\xff\xd8" + APP0 + FRAME
    end = whole.index(FRAME) + 9
    for length in range(end):
        with pytest.raises(BadJpeg):
            size(whole[:length])
    assert size(whole[:end]) == (1280, 720)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8" + SCAN + FRAME,
        b"\xff\xd8\xff\xd9" + FRAME,
        b"\xff\xd8\x00" + FRAME,
        b"\xff\xd8" + APP0[:-1] + FRAME,
    ],
)
def test_what_is_no_jpeg_or_has_no_frame_is_told(data: bytes) -> None:
    with pytest.raises(BadJpeg):
        size(data)
