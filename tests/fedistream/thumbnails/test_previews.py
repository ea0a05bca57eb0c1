"""Previews: made once for each new thumbnail, and none when there is nothing to animate."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from fedistream.thumbnails.previews import Previews
from fedistream.thumbnails.service import Picture
from media.codec import NoThumbnail

AT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


class Animator:
    def __init__(self) -> None:
        self.pictures: list[Picture] = []
        self.made = 0
        self.broken = False

    async def animate(self, jpegs: Sequence[bytes]) -> bytes:
        self.made += 1
        await asyncio.sleep(0)
        if self.broken:
            raise NoThumbnail("the child is ill")
        return b"GIF" + b"".join(jpegs)

    def add(self, jpeg: bytes) -> None:
        self.pictures.append(Picture(1, 1, jpeg, AT))


async def test_a_preview_is_made_once_for_each_thumbnail() -> None:
    animator = Animator()
    previews = Previews(lambda channel_id: animator.pictures, animator.animate)
    assert await previews.of(1) is None
    animator.add(b"a")
    assert await previews.of(1) is None
    animator.add(b"b")
    first, *others = await asyncio.gather(*(previews.of(1) for _ in range(20)))
    assert first is not None
    assert all(each is first for each in others)
    assert (first.gif, animator.made) == (b"GIFab", 1)
    animator.add(b"c")
    second = await previews.of(1)
    assert second is not None
    assert second.mark != first.mark
    animator.pictures.clear()
    assert await previews.of(1) is None


async def test_a_child_that_fails_is_asked_again_with_the_next_thumbnail() -> None:
    animator = Animator()
    animator.broken = True
    previews = Previews(lambda channel_id: animator.pictures, animator.animate)
    animator.add(b"a")
    animator.add(b"b")
    for _ in range(3):
        assert await previews.of(1) is None
    assert animator.made == 1
    animator.broken = False
    animator.add(b"c")
    assert await previews.of(1) is not None
