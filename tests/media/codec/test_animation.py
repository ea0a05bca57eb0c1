"""Animations of JPEGs, as the child makes them: decoded again, they have the pictures that went in."""

import io

import av
import pytest

from media.codec.request import MAX_PICTURES, Animation, BadRequest, read_animation, write_animation
from media.codec.thumbnails import MAX_GIF, NoThumbnail, Thumbnailer
from tests.kit.keyframes import keyframe


async def stills(*widths: int) -> list[bytes]:
    return [(await Thumbnailer(max_width=width).render(keyframe())).jpeg for width in widths]


async def test_the_pictures_are_the_frames_of_a_gif() -> None:
    made = await Thumbnailer().animate(await stills(320, 160, 320))
    assert made.startswith(b"GIF89a")
    assert b"NETSCAPE2.0" in made, "it must repeat"
    with av.open(io.BytesIO(made), "r") as file:
        frames = [(frame.width, frame.height) for frame in file.decode(video=0)]
    assert frames == [(320, 180)] * 3


async def test_only_the_last_pictures_are_in_it_and_it_stays_small() -> None:
    (still,) = await stills(320)
    made = await Thumbnailer().animate([b"no picture", *[still] * MAX_PICTURES])
    with av.open(io.BytesIO(made), "r") as file:
        assert len(list(file.decode(video=0))) <= MAX_PICTURES
    assert len(made) < MAX_GIF


@pytest.mark.parametrize("pictures", [[b"no picture"], [b"\xff\xd8\xff"], []])
async def test_what_is_no_picture_is_told_in_the_childs_words(pictures: list[bytes]) -> None:
    with pytest.raises(NoThumbnail, match="the child ended with 1"):
        await Thumbnailer().animate(pictures)


def test_a_request_is_read_as_it_was_written() -> None:
    asked = Animation([b"one", b"", b"three"], 320, 500)
    assert read_animation(write_animation(asked)) == asked


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 8,
        write_animation(Animation([b"x"], 0, 500)),
        write_animation(Animation([b"x"], 320, 0)),
        write_animation(Animation([b"xyz"], 320, 500))[:-1],
        write_animation(Animation([b"x"] * (MAX_PICTURES + 1), 320, 500)),
    ],
)
def test_anything_else_is_no_request(data: bytes) -> None:
    with pytest.raises(BadRequest):
        read_animation(data)
