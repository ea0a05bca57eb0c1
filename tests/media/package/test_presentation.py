import asyncio
from collections.abc import Iterable

import pytest

from media import m3u8
from media.hub import Tracks
from media.package.cutter import CutRules
from media.package.origin import NotFound, Origin, PackagerConfig, Stalled
from media.package.packager import Packager
from media.package.playlist import CachedPlaylist
from media.package.presentation import Presentation
from media.track import Sample
from tests.kit.samples import BOTH, OTHER_VIDEO, PICTURE, frames, interleaved, sounds

EPOCH_MS = 1_700_000_000_000
STEADY = PackagerConfig(CutRules(part_ms=333), quick_start=False)
SMALL = Tracks(OTHER_VIDEO, BOTH.audio)


class Clock:
    def __init__(self) -> None:
        self.ms = EPOCH_MS

    def __call__(self) -> int:
        return self.ms


def presentation(config: PackagerConfig = STEADY) -> tuple[Presentation, Clock]:
    clock = Clock()
    return Presentation("abc123", config, first=0, wall_ms=clock), clock


def feed(to: Packager, clock: Clock, samples: Iterable[Sample]) -> None:
    for sample in samples:
        clock.ms = EPOCH_MS + sample.dts_ms
        to.put(sample)


def fed(seconds: float, *, size: int = 10_000) -> tuple[Presentation, Clock]:
    """A presentation of the source and of one smaller rendition, `1`, both with so much in them."""
    made, clock = presentation()
    for packager, tracks, bytes_ in ((made.source, BOTH, size), (made.add("1"), SMALL, size // 4)):
        packager.start(tracks)
        feed(packager, clock, interleaved(frames(seconds, size=bytes_), sounds(seconds)))
    return made, clock


def variants(playlist: CachedPlaylist) -> m3u8.MultivariantPlaylist:
    value = m3u8.parse(playlist.plain.decode())
    assert isinstance(value, m3u8.MultivariantPlaylist)
    return value


async def media(packager: Origin) -> m3u8.MediaPlaylist:
    value = m3u8.parse((await packager.playlist()).plain.decode())
    assert isinstance(value, m3u8.MediaPlaylist)
    return value


async def test_a_request_before_the_first_part_waits_for_it() -> None:
    made, clock = presentation()
    early = asyncio.create_task(made.multivariant())
    await asyncio.sleep(0)
    made.source.start(BOTH)
    feed(made.source, clock, frames(0.3))
    await asyncio.sleep(0)
    assert not made.playable
    feed(made.source, clock, frames(0.1, start_ms=300))
    assert b"0/stream.m3u8" in (await asyncio.wait_for(early, 5)).plain
    assert made.playable


async def test_the_variant_is_measured_and_described() -> None:
    made, clock = presentation()
    made.source.start(PICTURE)
    feed(made.source, clock, frames(6.5, size=10_000))
    (variant,) = variants(await made.multivariant()).variants
    assert variant.uri == "0/stream.m3u8"
    assert variant.codecs == "avc1.64001e,mp4a.40.2"
    assert variant.resolution == (640, 360)
    assert variant.bandwidth == pytest.approx(10_000 * 8 * 30, rel=0.02)


async def test_the_variant_has_its_frame_rate_and_says_that_segments_are_independent() -> None:
    for fps, told in ((30, 30), (24_000 / 1001, 23.976), (60_000 / 1001, 59.94), (17, 17.0)):
        made, clock = presentation()
        made.source.start(BOTH)
        feed(made.source, clock, interleaved(frames(20, fps=fps), sounds(20)))
        playlist = variants(await made.multivariant())
        assert playlist.independent_segments
        assert playlist.variants[0].frame_rate == pytest.approx(told, abs=0.05 if fps == 17 else 0.0005)
        assert (await media(made.source)).independent_segments


async def test_segments_that_begin_without_a_keyframe_are_not_called_independent() -> None:
    made, clock = presentation()
    made.source.start(BOTH)
    feed(made.source, clock, interleaved(frames(12, gop_s=5), sounds(12)))
    assert b"INDEPENDENT-SEGMENTS" not in (await made.multivariant()).plain


async def test_another_rendition_is_another_variant_with_values_of_its_own() -> None:
    made, _ = fed(6.5)
    source, small = variants(await made.multivariant()).variants
    assert (source.uri, small.uri) == ("0/stream.m3u8", "1/stream.m3u8")
    assert (source.codecs, small.codecs) == ("avc1.64001e,mp4a.40.2", "avc1.42c00d,mp4a.40.2")
    assert (source.resolution, small.resolution) == ((640, 360), (320, 180))
    assert small.bandwidth < source.bandwidth / 3


async def test_one_rendition_alone_has_no_reports() -> None:
    made, clock = presentation()
    made.source.start(BOTH)
    feed(made.source, clock, interleaved(frames(3), sounds(3)))
    assert b"EXT-X-RENDITION-REPORT" not in (await made.source.playlist()).plain


async def test_each_rendition_reports_how_far_the_other_is() -> None:
    made, clock = fed(3)
    small = made.packager("1")
    assert isinstance(small, Packager)
    (report,) = (await media(made.source)).rendition_reports
    number, parts = small.window.position
    assert report == m3u8.RenditionReport("../1/stream.m3u8", number, parts - 1)
    feed(small, clock, interleaved(frames(1, start_ms=3_000), sounds(1, start_ms=3_000)))
    (later,) = (await media(made.source)).rendition_reports
    assert (later.last_msn, later.last_part) > (report.last_msn, report.last_part)
    (back,) = (await media(small)).rendition_reports
    assert back.uri == "../0/stream.m3u8"


async def test_a_report_on_a_finished_segment_names_its_last_part() -> None:
    made, _ = fed(3)
    made.packager("1").pause()
    (report,) = (await media(made.source)).rendition_reports
    last = made.packager("1").window.segments[-1]
    assert (report.last_msn, report.last_part) == (last.number, len(last.parts) - 1)


async def test_a_rendition_without_anything_to_play_is_left_out_after_a_while() -> None:
    made, clock = presentation(PackagerConfig(quick_start=False, stall_s=0.05))
    made.add("1")
    made.source.start(BOTH)
    feed(made.source, clock, interleaved(frames(3), sounds(3)))
    assert [each.uri for each in variants(await made.multivariant()).variants] == ["0/stream.m3u8"]
    assert (await media(made.source)).rendition_reports == ()


async def test_a_source_without_anything_to_play_is_no_presentation() -> None:
    made, clock = presentation(PackagerConfig(quick_start=False, stall_s=0.05))
    other = made.add("1")
    other.start(SMALL)
    feed(other, clock, interleaved(frames(3), sounds(3)))
    with pytest.raises(Stalled):
        await made.multivariant()


async def test_all_renditions_end_together() -> None:
    made, _ = fed(3)
    made.end()
    assert made.ended
    for rendition in made.renditions.values():
        assert (await media(rendition.packager)).ended


async def test_all_renditions_pause_and_let_go_together() -> None:
    made, _ = fed(3)
    made.pause()
    assert all(each.packager.window.open is None for each in made.renditions.values())
    made.close()
    for each in made.renditions.values():
        with pytest.raises(Stalled):
            await each.packager.playlist(each.packager.window.next_number)


async def test_all_renditions_are_renumbered_and_those_that_come_later_too() -> None:
    made, _ = presentation()
    made.add("1")
    made.renumber(400)
    made.add("2")
    assert [each.packager.window.next_number for each in made.renditions.values()] == [400, 400, 400]


async def test_a_rendition_that_is_not_there_is_not_found() -> None:
    made, _ = presentation()
    assert made.packager("0") is made.source
    with pytest.raises(NotFound):
        made.packager("1")
