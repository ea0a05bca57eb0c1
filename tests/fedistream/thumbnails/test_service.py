"""Thumbnails: their times, the one that is shown, and the number that is kept, with a scripted renderer."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedistream.broadcasts.values import LiveStatus
from fedistream.core.events import BroadcastStarted, EncoderReturned
from fedistream.thumbnails.service import FIRST_S, KEEP, PERIOD_S, Thumbnails
from media import Keyframe, Kind, LastKeyframe, Sample, Tracks, jpeg
from media.codec import NoThumbnail, Thumbnail, Thumbnailer
from tests.kit.keyframes import keyframe
from tests.kit.onair import offline

AT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
HEAD = b"\xff\xd8\xff\xc0\x00\x0b\x08\x02\xd0\x05\x00\x01\x01\x11\x00"  # of a JPEG with 1280x720


@dataclass
class Node:
    """Channels 1 and 2; the studio draws 1280x720 with a number that counts, or fails."""

    statuses: dict[int, LiveStatus] = field(default_factory=lambda: {1: offline(1), 2: offline(2)})
    taps: dict[int, LastKeyframe] = field(default_factory=dict)
    drawn: int = 0
    broken: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def live_status(self, channel_id: int) -> LiveStatus:
        return self.statuses[channel_id]

    def show(self, channel_id: int, broadcast_id: int) -> None:
        """A new keyframe of this broadcast."""
        self.statuses[channel_id] = replace(self.statuses[channel_id], broadcast_id=broadcast_id)
        self.send(channel_id, Keyframe(keyframe().track, 0, b"frame"))

    def send(self, channel_id: int, frame: Keyframe) -> None:
        self.taps[channel_id].start(Tracks(frame.track, None))
        self.taps[channel_id].put(Sample(Kind.VIDEO, frame.dts_ms, frame.data))

    async def render(self, keyframe: Keyframe) -> Thumbnail:
        self.changed.set()
        if self.broken:
            raise NoThumbnail("the child is ill")
        self.drawn += 1
        return Thumbnail(1280, 720, HEAD + bytes([self.drawn]))


def stills(node: Node, folder: Path, period_s: float = PERIOD_S) -> Thumbnails:
    made = Thumbnails(
        node.live_status, lambda: tuple(node.statuses), node.render, lambda: AT, folder / "stills", period_s
    )
    node.taps = {channel_id: made.tap(live_status) for channel_id, live_status in node.statuses.items()}
    return made


async def test_while_nothing_is_live_there_is_nothing_to_do(tmp_path: Path) -> None:
    made = stills(Node(), tmp_path)
    assert await made.round() is None
    assert made.latest(1) is None
    assert not (tmp_path / "stills").exists()


async def test_a_live_broadcast_has_a_picture_in_memory_and_in_a_file(tmp_path: Path) -> None:
    node = Node()
    made = stills(node, tmp_path)
    node.show(1, 7)
    assert await made.round() == PERIOD_S
    picture = made.latest(1)
    assert picture is not None
    assert (picture.width, picture.height, picture.at) == (1280, 720, AT)
    assert await made.of(7) == picture
    assert made.latest(2) is None
    assert (tmp_path / "stills" / "7.jpg").read_bytes() == picture.jpeg
    assert [each.name for each in (tmp_path / "stills").iterdir()] == ["7.jpg"]


async def test_a_new_keyframe_makes_a_new_picture_and_an_old_one_none(tmp_path: Path) -> None:
    node = Node()
    made = stills(node, tmp_path)
    node.show(1, 7)
    await made.round()
    first = made.latest(1)
    await made.round()
    assert (node.drawn, made.latest(1)) == (1, first)
    node.show(1, 7)
    await made.round()
    second = made.latest(1)
    assert first is not None
    assert second is not None
    assert first.mark != second.mark
    assert (tmp_path / "stills" / "7.jpg").read_bytes() == second.jpeg


async def test_before_the_first_keyframe_it_looks_again_soon(tmp_path: Path) -> None:
    node = Node()
    made = stills(node, tmp_path)
    node.statuses[1] = replace(node.statuses[1], broadcast_id=7)
    assert await made.round() == FIRST_S
    assert made.latest(1) is None
    assert await made.of(7) is None


async def test_of_what_is_over_the_picture_is_not_shown_as_live_and_is_still_there(tmp_path: Path) -> None:
    node = Node()
    made = stills(node, tmp_path)
    node.show(1, 7)
    await made.round()
    node.statuses[1] = replace(node.statuses[1], broadcast_id=None)
    assert made.latest(1) is None
    assert await made.round() is None
    kept = await made.of(7)
    assert kept is not None
    assert (kept.width, kept.height) == (1280, 720)
    afterwards = await stills(Node(), tmp_path).of(7)
    assert afterwards is not None
    assert afterwards.mark == kept.mark


async def test_the_next_broadcast_does_not_begin_with_the_last_ones_picture(tmp_path: Path) -> None:
    node = Node()
    made = stills(node, tmp_path)
    node.show(1, 7)
    await made.round()
    node.statuses[1] = replace(node.statuses[1], broadcast_id=8)
    assert made.latest(1) is None


async def test_a_picture_that_fails_leaves_the_old_one_and_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    node = Node()
    made = stills(node, tmp_path)
    node.show(1, 7)
    await made.round()
    old, node.broken = made.latest(1), True
    node.show(1, 7)
    assert await made.round() == PERIOD_S
    assert made.latest(1) == old
    assert "no thumbnail of broadcast 7 could be made: the child is ill" in caplog.text
    node.broken = False
    node.show(1, 7)
    await made.round()
    assert made.latest(1) != old


async def test_a_disk_that_takes_nothing_costs_the_file_and_not_the_picture(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "stills").write_text("no folder")
    node = Node()
    made = stills(node, tmp_path)
    node.show(1, 7)
    await made.round()
    assert made.latest(1) is not None
    assert "could not be stored" in caplog.text


async def test_the_oldest_files_go_and_other_files_stay(tmp_path: Path) -> None:
    folder = tmp_path / "stills"
    folder.mkdir()
    for number in range(1, KEEP + 2):
        (folder / f"{number}.jpg").write_bytes(HEAD)
    (folder / "mine.jpg").write_bytes(HEAD)
    node = Node()
    made = stills(node, tmp_path)
    node.show(1, 1000)
    await made.round()
    left = {each.name for each in folder.iterdir()}
    assert len(left) == KEEP + 1
    assert {"1000.jpg", "3.jpg", "mine.jpg"} <= left
    assert not {"1.jpg", "2.jpg"} & left


@pytest.mark.parametrize("content", [b"", b"not a picture", HEAD[:9]])
async def test_a_file_that_is_no_picture_is_not_shown(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "stills").mkdir()
    (tmp_path / "stills" / "7.jpg").write_bytes(content)
    assert await stills(Node(), tmp_path).of(7) is None


@pytest.mark.parametrize(
    "fact", [BroadcastStarted(1, 7, "title", AT), EncoderReturned(1, 7, AT)], ids=lambda fact: type(fact).__name__
)
async def test_it_sleeps_until_something_is_on_the_air(
    tmp_path: Path, fact: BroadcastStarted | EncoderReturned
) -> None:
    node = Node()
    made = stills(node, tmp_path, period_s=0.01)
    running = asyncio.create_task(made.run())
    try:
        await asyncio.sleep(0)
        node.show(1, 7)
        made.wake(fact)
        async with asyncio.timeout(30):
            await node.changed.wait()
            # and by itself from then on
            node.changed.clear()
            node.show(1, 7)
            await node.changed.wait()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_with_a_real_studio_the_picture_is_of_the_stream(tmp_path: Path) -> None:
    node = Node()
    made = Thumbnails(node.live_status, lambda: (1,), Thumbnailer().render, lambda: AT, tmp_path / "stills")
    node.statuses[1] = replace(node.statuses[1], broadcast_id=7)
    node.taps = {1: made.tap(node.statuses[1])}
    node.send(1, keyframe())
    await made.round()
    picture = made.latest(1)
    assert picture is not None
    assert jpeg.size(picture.jpeg) == (320, 180)
