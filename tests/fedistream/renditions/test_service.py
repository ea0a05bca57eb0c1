"""The renditions of a broadcast: offered, changed, made again when their child dies; and the source never waits."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from fedistream.core.events import SettingChanged
from fedistream.renditions.service import Encoding, Pauses, Renditions
from fedistream.settings.structures import PASSTHROUGH, renditions
from media import Hub, Kind, Sample
from media.codec.ladder import NoteCode
from media.codec.ladder.transcoder import COMMAND
from media.package import CutRules, PackagerConfig, Presentation
from tests.kit.footage import Recipe, flv_tags
from tests.kit.ladders import fed
from tests.kit.onair import offline
from tests.kit.samples import BOTH, frames, interleaved, sounds

SMALL = {"name": "Small", "videoBitrate": 200, "scaledHeight": 90, "cpuUsageLevel": 0}
TINY = {"name": "Tiny", "videoBitrate": 100, "scaledHeight": 48, "cpuUsageLevel": 0}
RADIO = {"name": "Radio", "audioOnly": True}
SOON = Pauses(0.0, 0.0)
PROGRESS = (
    "import sys; sys.stdout.buffer.write(b'\\4\\0\\0\\0\\x08' + bytes(8)); sys.stdout.flush(); sys.stdin.buffer.read()"
)


@dataclass
class Desk:
    """Settings of channel 1, and its broadcast."""

    rows: Sequence[Mapping[str, Any]]
    codec: str = "copy"
    hub: Hub = field(default_factory=Hub)
    presentation: Presentation = field(
        default_factory=lambda: Presentation("tok", PackagerConfig(CutRules()), first=0, wall_ms=lambda: 0)
    )

    def value(self, name: str, channel_id: int | None = None) -> Any:
        return self.codec if name == "video.codec" else renditions("x", list(self.rows))

    def offered(self) -> list[str]:
        return [each.title for each in self.presentation.renditions.values()]


def changed(name: str = "video.renditions", channel_id: int | None = 1) -> SettingChanged:
    return SettingChanged(name, channel_id, datetime(2026, 5, 1, tzinfo=UTC))


@asynccontextmanager
async def on_air(desk: Desk, pauses: Pauses = SOON, command: Sequence[str] = COMMAND) -> AsyncIterator[Renditions]:
    made = Renditions(desk, lambda _: desk.presentation, pauses=pauses, command=command)
    desk.hub.tap(desk.presentation.source)
    tap = made.tap(offline(1))
    assert isinstance(tap, Encoding)
    desk.hub.attach(tap)
    try:
        yield made
    finally:
        desk.hub.close()
        async with asyncio.timeout(30):
            await tap.ended.wait()


async def until(condition: Callable[[], object], within_s: float = 60) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.02)


def child(program: str) -> tuple[str, ...]:
    return (sys.executable, "-c", program)


async def test_the_configured_renditions_are_made_of_a_real_stream() -> None:
    desk = Desk([PASSTHROUGH, SMALL, RADIO])
    async with on_air(desk) as made:
        assert made.titles(1) == ("Source", "Small", "Radio")
        fed(desk.hub, flv_tags(Recipe(seconds=4)))
        await until(lambda: all(each.packager.playable for each in desk.presentation.renditions.values()))
        small = desk.presentation.packager("1")
        await until(lambda: len(small.window.segments) >= 2)
        assert small.tracks is not None
        assert small.tracks.video is not None
        assert (small.tracks.video.width, small.tracks.video.height) == (160, 90)
        text = (await desk.presentation.multivariant()).plain.decode()
        assert [f'NAME="{name}"' in text for name in ("Source", "Small", "Radio")] == [True] * 3
        assert made.warnings(1) == ()
    assert made.warnings(1) == ()


async def test_without_configuration_no_child_is_started() -> None:
    desk = Desk([PASSTHROUGH])
    async with on_air(desk, command=("/nowhere/python",)) as made:
        fed(desk.hub, flv_tags(Recipe(seconds=1)))
        await asyncio.sleep(0)
        assert desk.offered() == ["Source"]
        assert made.warnings(1) == ()


async def test_a_child_that_cannot_be_started_is_a_warning_and_the_source_goes_on() -> None:
    desk = Desk([PASSTHROUGH, SMALL])
    async with on_air(desk, Pauses(0.01, 0.02), command=("/nowhere/python",)) as made:
        fed(desk.hub, flv_tags(Recipe(seconds=2)))
        await until(lambda: made.warnings(1))
        assert "it cannot be started" in made.warnings(1)[0]
        assert desk.presentation.playable
        assert made.warnings(2) == ()


@pytest.mark.slow
async def test_a_child_killed_a_hundred_times_leaves_no_gap_in_the_source() -> None:
    desk = Desk([PASSTHROUGH, SMALL])
    async with on_air(desk, command=child(PROGRESS)) as made:
        desk.hub.start(BOTH)
        samples = interleaved(frames(55), sounds(55))
        step = len(samples) // 100
        running: set[int] = set()
        encoding = made._running[1]  # the children are killed as the kernel would, by their number
        for number in range(100):
            await until(lambda: encoding.child_pid is not None and encoding.child_pid not in running)
            pid = encoding.child_pid
            assert pid is not None
            running.add(pid)
            for sample in samples[number * step : (number + 1) * step]:
                desk.hub.put(sample)
            encoding.kill()
        assert len(running) == 100
        source = desk.presentation.source.window
        numbers = [each.number for each in source.segments]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert not any(each.discontinuity for each in source.segments)
        assert {round(each.duration_ms / 100) for each in list(source.segments)[1:-1]} <= {20}


async def test_a_changed_setting_applies_to_the_running_broadcast() -> None:
    desk = Desk([PASSTHROUGH, SMALL])
    async with on_air(desk, command=child(PROGRESS)) as made:
        encoding = made._running[1]
        await until(lambda: encoding.child_pid)
        first = encoding.child_pid
        desk.rows = [SMALL, TINY, RADIO]
        made.on_setting_changed(changed("chat.enabled"))
        made.on_setting_changed(changed(channel_id=2))
        assert desk.offered() == ["Source", "Small"]
        kept = desk.presentation.packager("1")
        made.on_setting_changed(changed(channel_id=None))
        assert desk.offered() == ["", "Small", "Tiny", "Radio"]
        assert desk.presentation.packager("1") is kept
        assert not desk.presentation.lists_source
        await until(lambda: encoding.child_pid not in (None, first))
        second = encoding.child_pid
        desk.rows = [PASSTHROUGH, SMALL, TINY]  # the same to encode
        made.on_setting_changed(changed())
        await asyncio.sleep(0)
        assert encoding.child_pid == second
        desk.rows = [PASSTHROUGH]
        made.on_setting_changed(changed())
        assert desk.offered() == ["Source"]
        await until(lambda: encoding.child_pid is None)
        assert made.warnings(1) == ()


async def test_a_rendition_with_a_new_name_is_encoded_under_it() -> None:
    desk = Desk([PASSTHROUGH, SMALL])
    async with on_air(desk, command=child(PROGRESS)) as made:
        encoding = made._running[1]
        await until(lambda: encoding.child_pid)
        first = encoding.child_pid
        desk.rows = [PASSTHROUGH, {**SMALL, "name": "Mobile"}]
        made.on_setting_changed(changed())
        assert desk.offered() == ["Source", "Mobile"]
        await until(lambda: encoding.child_pid not in (None, first))
        assert made.warnings(1) == ()


@pytest.mark.parametrize("rows", [[PASSTHROUGH], [PASSTHROUGH, TINY]])
async def test_a_setting_that_changes_before_the_child_is_started_is_no_failure(rows: list[Mapping[str, Any]]) -> None:
    desk = Desk([PASSTHROUGH, SMALL])
    async with on_air(desk, Pauses(600, 600), command=child(PROGRESS)) as made:
        encoding = made._running[1]
        desk.rows = rows
        made.on_setting_changed(changed())
        if len(rows) > 1:
            await until(lambda: encoding.child_pid)
        else:
            assert encoding._child is None
        assert made.warnings(1) == ()


async def test_a_broadcast_that_is_over_is_not_kept_in_memory() -> None:
    desk = Desk([PASSTHROUGH, SMALL])
    async with on_air(desk, command=child(PROGRESS)) as made:
        assert made._running
    await until(lambda: not made._running)


async def test_what_an_encoder_told_is_forgotten_with_it() -> None:
    desk = Desk([PASSTHROUGH, SMALL])
    async with on_air(desk, command=child(PROGRESS)) as made:
        encoding = made._running[1]
        small = encoding._layout.others[0]
        encoding.note(small, NoteCode.REFUSED, {"reason": "no such size"})
        encoding.note(small, NoteCode.BEHIND, {"dropped": 2})
        assert len(made.warnings(1)) == 2
        desk.hub.start(BOTH)
        (behind,) = made.warnings(1)
        assert "2 so far" in behind


async def test_another_codec_starts_another_child_which_says_that_it_fell_back() -> None:
    desk = Desk([PASSTHROUGH, SMALL], codec="h264_nvenc")
    async with on_air(desk) as made:
        fed(desk.hub, flv_tags(Recipe(seconds=2)))
        await until(lambda: made.warnings(1))
        assert "h264_nvenc does not work on this machine" in made.warnings(1)[0]
        await until(lambda: desk.presentation.packager("1").playable)


async def test_a_broadcast_that_has_no_presentation_has_no_renditions() -> None:
    assert Renditions(Desk([SMALL]), lambda _: None).tap(offline(1)) is None


async def test_what_a_child_invents_is_a_warning() -> None:
    program = (
        "import sys; from media.codec.ladder.protocol import *; from media import Sample, Kind;"
        "[sys.stdout.buffer.write(write(each)) for each in (TracksMessage(0, b'x', b'y'), Note(0, 'no such', {}),"
        "Note(0, 'behind', {'dropped': 3}), Note(0, 'behind', {'dropped': 4}),"
        "SampleMessage(0, Sample(Kind.VIDEO, 0, b'x')))]; sys.stdout.flush(); sys.stdin.buffer.read()"
    )
    desk = Desk([PASSTHROUGH, SMALL])
    async with on_air(desk, command=child(program)) as made:
        desk.hub.start(BOTH)
        desk.hub.put(Sample(Kind.VIDEO, 0, b"key"))
        await until(lambda: any("7 so far" in text for text in made.warnings(1)))
        refused, _ = made.warnings(1)
        assert "Small cannot be made" in refused
