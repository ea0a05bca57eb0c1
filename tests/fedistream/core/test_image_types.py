"""The types of accepted images, recognised by their first bytes."""

import pytest

from fedistream.core.image_types import MEDIA_TYPES, sniff
from tests.kit.pictures import PIXEL


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (PIXEL, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"", None),
    ],
)
def test_four_kinds_are_shown(data: bytes, media_type: str | None) -> None:
    kind = sniff(data)
    assert (None if kind is None else MEDIA_TYPES[kind]) == media_type
