import asyncio
import gzip
from collections.abc import Iterable

import pytest

from media import black_frame, fmp4, m3u8
from media.hub import Tracks
from media.package.origin import NotFound, PackagerConfig, Stalled, TooFarAhead
from media.package.packager import Packager
from media.package.playlist import CachedPlaylist
from media.track import Kind, Sample
from tests.kit.boxes import fragments
from tests.kit.samples import BOTH, OTHER_VIDEO, PICTURE, SOUND, frames, interleaved, sounds

EPOCH_MS = 1_700_000_000_000


class Clock:
    def __init__(self) -> None:
        self.ms = EPOCH_MS

    def __call__(self) -> int:
        return self.ms


STEADY = PackagerConfig(quick_start=False)


def packager(config: PackagerConfig = STEADY, *, first: int = 0) -> tuple[Packager, Clock]:
    clock = Clock()
    return Packager("abc123", config, first=first, wall_ms=clock), clock


def feed(to: Packager, clock: Clock, samples: Iterable[Sample]) -> None:
    for sample in samples:
        clock.ms = EPOCH_MS + sample.dts_ms
        to.put(sample)


def fed(seconds: float, config: PackagerConfig = STEADY, tracks: Tracks = BOTH) -> Packager:
    made, clock = packager(config)
    made.start(tracks)
    feed(made, clock, interleaved(frames(seconds), sounds(seconds) if tracks.audio else []))
    return made


def read(rendered: CachedPlaylist) -> m3u8.MediaPlaylist:
    value = m3u8.parse(rendered.plain.decode())
    assert isinstance(value, m3u8.MediaPlaylist)
    return value


async def listed(source: Packager) -> m3u8.MediaPlaylist:
    return read(await source.playlist())


async def test_a_request_before_the_first_part_waits_for_it() -> None:
    made, clock = packager()
    early = asyncio.create_task(made.playlist())
    await asyncio.sleep(0)
    made.start(BOTH)
    feed(made, clock, frames(0.3))
    await asyncio.sleep(0)
    assert not made.playable
    feed(made, clock, frames(0.1, start_ms=300))
    playlist = read(await asyncio.wait_for(early, 5))
    assert playlist.segments == ()
    assert playlist.open is not None
    assert [part.independent for part in playlist.open.parts] == [True]


async def test_a_broadcast_that_ends_before_its_first_part_leaves_nobody_waiting() -> None:
    made, _ = packager()
    early = asyncio.create_task(made.playlist())
    await asyncio.sleep(0)
    made.end()
    with pytest.raises(NotFound):
        await asyncio.wait_for(early, 5)


async def test_a_stopping_process_releases_all_waiting_requests() -> None:
    source = fed(5)
    waiting = asyncio.create_task(source.playlist(2))
    await asyncio.sleep(0)
    source.close()
    with pytest.raises(Stalled):
        await asyncio.wait_for(waiting, 5)
    with pytest.raises(Stalled):
        await source.playlist(2)


async def test_a_broadcasts_first_segment_is_one_part_so_that_any_player_can_begin() -> None:
    made, clock = packager(PackagerConfig())
    made.start(BOTH)
    feed(made, clock, interleaved(frames(0.4), sounds(0.4)))
    playlist = await listed(made)
    assert [segment.duration_s for segment in playlist.segments] == [0.333]
    assert playlist.preload_hint == "abc123-1.0.m4s"
    feed(made, clock, interleaved(frames(5, start_ms=400, gop_s=1.6), sounds(5, start_ms=400)))
    made.pause()
    made.start(BOTH)
    feed(made, clock, frames(3, start_ms=6_000))
    segments = (await listed(made)).segments
    assert [segment.duration_s < 0.4 for segment in segments[:3]] == [True, False, False]
    assert [segment.duration_s for segment in segments if segment.map_uri == "abc123-i2.mp4"] == [2]


async def test_the_playlist_says_what_low_latency_players_need() -> None:
    playlist = await listed(fed(7))
    assert playlist.target_duration == 2
    assert playlist.server_control == m3u8.ServerControl(True, 1.005, None, 12)
    assert playlist.part_target_s == 0.335
    assert [segment.duration_s for segment in playlist.segments] == [2, 2, 2]
    assert playlist.open is not None
    assert len(playlist.open.parts) == 2
    assert playlist.preload_hint == "abc123-3.2.m4s"


async def test_every_segment_is_dated_and_names_its_init_segment() -> None:
    playlist = await listed(fed(5))
    dates = [segment.program_date_time for segment in playlist.segments]
    assert [date.timestamp() * 1000 if date else None for date in dates] == [EPOCH_MS, EPOCH_MS + 2000]
    assert {segment.map_uri for segment in playlist.segments} == {"abc123-i1.mp4"}


async def test_parts_are_listed_for_the_last_three_target_durations_only() -> None:
    playlist = await listed(fed(20.5))
    assert [bool(segment.parts) for segment in playlist.segments] == [False] * 7 + [True] * 3


async def test_whatever_the_playlist_names_can_be_fetched_and_parts_add_up_to_segments() -> None:
    source = fed(13)
    playlist = await listed(source)
    for segment in playlist.segments:
        assert segment.map_uri is not None
        assert (await source.media(segment.map_uri)).startswith(fmp4.FTYP)
        whole = await source.media(segment.uri)
        if segment.parts:
            assert b"".join([await source.media(part.uri) for part in segment.parts]) == whole
    assert playlist.open is not None
    for part in playlist.open.parts:
        assert b"moof" in await source.media(part.uri)


@pytest.mark.parametrize(
    "name",
    ["abc123-99.m4s", "abc123-i9.mp4", "other1-0.m4s", "abc123-0.99.m4s", "abc123-3.m4s", "../x", "", "abc123--1.m4s"],
)
async def test_a_file_that_was_never_made_is_not_there(name: str) -> None:
    with pytest.raises(NotFound):
        await fed(7).media(name)


async def test_old_segments_go_and_their_init_segments_with_them() -> None:
    source = fed(40, PackagerConfig(listed=3, spare=1, quick_start=False))
    playlist = await listed(source)
    assert playlist.media_sequence == 16
    with pytest.raises(NotFound):
        await source.media("abc123-3.m4s")
    assert await source.media(f"abc123-{16 - 1}.m4s")  # not listed any more, kept for those with an old list


async def test_a_blocking_reload_waits_for_its_part_and_no_longer() -> None:
    made, clock = packager()
    made.start(BOTH)
    samples = interleaved(frames(8), sounds(8))
    feed(made, clock, [s for s in samples if s.dts_ms < 4600])
    assert made.window.position == (2, 1)
    waiting = asyncio.create_task(made.playlist(2, 2))
    await asyncio.sleep(0)
    feed(made, clock, [s for s in samples if 4600 <= s.dts_ms < 4990])
    await asyncio.sleep(0)
    assert not waiting.done()
    feed(made, clock, [s for s in samples if 4990 <= s.dts_ms < 5050])
    playlist = read(await asyncio.wait_for(waiting, 5))
    assert playlist.open is not None
    assert len(playlist.open.parts) == 3


async def test_a_blocking_reload_for_a_whole_segment_waits_for_its_last_part() -> None:
    made, clock = packager()
    made.start(BOTH)
    samples = interleaved(frames(8), sounds(8))
    feed(made, clock, [s for s in samples if s.dts_ms < 3900])
    waiting = asyncio.create_task(made.playlist(1))
    await asyncio.sleep(0)
    assert not waiting.done()
    feed(made, clock, [s for s in samples if 3900 <= s.dts_ms < 4050])
    assert len(read(await asyncio.wait_for(waiting, 5)).segments) == 2


async def test_a_part_past_the_end_of_its_segment_means_the_next_segments_first() -> None:
    source = fed(7)  # segment 2 has 6 parts, segment 3 has 2
    assert (await listed(source)).open == read(await source.playlist(2, 9)).open


@pytest.mark.parametrize(("number", "part"), [(5, None), (5, 0), (99, None), (3, 30)])
async def test_asking_too_far_ahead_is_refused(number: int, part: int | None) -> None:
    with pytest.raises(TooFarAhead):
        await fed(7).playlist(number, part)


async def test_the_hinted_part_is_waited_for() -> None:
    made, clock = packager()
    made.start(BOTH)
    samples = interleaved(frames(8), sounds(8))
    feed(made, clock, [s for s in samples if s.dts_ms < 4600])
    hint = (await listed(made)).preload_hint
    assert hint == "abc123-2.1.m4s"
    waiting = asyncio.create_task(made.media(hint))
    await asyncio.sleep(0)
    assert not waiting.done()
    feed(made, clock, [s for s in samples if 4600 <= s.dts_ms < 5400])
    assert await asyncio.wait_for(waiting, 5) == made.window.segments[2].parts[1].data


async def test_a_stalled_ingest_answers_instead_of_hanging() -> None:
    source = fed(5, PackagerConfig(stall_s=0.05, quick_start=False))
    with pytest.raises(Stalled):
        await source.playlist(2)
    with pytest.raises(Stalled):
        await source.media((await listed(source)).preload_hint or "")


async def test_an_encoder_that_returns_goes_on_in_the_same_playlist_after_a_discontinuity() -> None:
    made, clock = packager()
    made.start(BOTH)
    feed(made, clock, interleaved(frames(5), sounds(5)))
    made.pause()
    paused = await listed(made)
    assert not paused.ended
    made.start(Tracks(OTHER_VIDEO, None))
    feed(made, clock, frames(5, start_ms=6_000))
    playlist = await listed(made)
    assert [segment.discontinuity for segment in playlist.segments] == [False, False, False, True, False]
    assert [segment.map_uri for segment in playlist.segments] == ["abc123-i1.mp4"] * 3 + ["abc123-i2.mp4"] * 2
    assert playlist.segments[3].program_date_time is not None
    assert playlist.segments[3].program_date_time.timestamp() * 1000 == EPOCH_MS + 6_000


async def test_the_end_is_listed_and_wakes_all_waiting_requests() -> None:
    source = fed(5)
    waiting = asyncio.create_task(source.playlist(3))
    hinted = asyncio.create_task(source.media("abc123-2.3.m4s"))
    await asyncio.sleep(0)
    source.end()
    playlist = read(await asyncio.wait_for(waiting, 5))
    assert playlist.ended
    assert playlist.preload_hint is None
    assert sum(segment.duration_s for segment in playlist.segments) == pytest.approx(5, abs=0.05)
    with pytest.raises(NotFound):
        await asyncio.wait_for(hinted, 5)
    assert read(await source.playlist(3)).ended


async def test_a_delta_update_leaves_out_what_lies_before_the_skip_boundary() -> None:
    source = fed(30)
    whole, delta = await listed(source), read(await source.playlist(skip=True))
    assert delta.skipped == 8
    assert delta.media_sequence == whole.media_sequence
    assert [s.uri for s in delta.segments] == [s.uri for s in whole.segments][8:]
    assert len((await source.playlist(skip=True)).plain) < len((await source.playlist()).plain)


async def test_a_delta_update_of_a_short_playlist_is_the_whole_of_it() -> None:
    source = fed(5)
    assert await listed(source) == read(await source.playlist(skip=True))


async def test_a_playlist_is_written_once_per_part() -> None:
    made, clock = packager()
    made.start(BOTH)
    feed(made, clock, frames(5))
    first = await made.playlist()
    assert await made.playlist() is first
    assert gzip.decompress(first.gzipped) == first.plain
    feed(made, clock, frames(0.5, start_ms=5_000))
    assert await made.playlist() is not first


async def test_memory_is_bounded_by_bytes_at_any_bit_rate() -> None:
    config = PackagerConfig(max_bytes=2_000_000)
    made, clock = packager(config)
    made.start(PICTURE)
    feed(made, clock, frames(20, size=50_000))
    assert made.window.bytes <= config.max_bytes + 50_000 * 60 + 10_000
    assert (await listed(made)).segments == () or made.window.bytes < 5_100_000


async def test_numbers_can_go_on_from_an_earlier_process() -> None:
    made, clock = packager(first=400)
    made.start(PICTURE)
    feed(made, clock, frames(5))
    playlist = await listed(made)
    assert (playlist.media_sequence, playlist.discontinuity_sequence) == (400, 400)
    assert playlist.segments[0].uri == "abc123-400.m4s"


async def test_segments_that_begin_without_a_keyframe_are_not_called_independent() -> None:
    made, clock = packager()
    made.start(BOTH)
    feed(made, clock, interleaved(frames(12, gop_s=5), sounds(12)))
    assert not (await listed(made)).independent_segments


async def test_a_part_past_the_last_one_of_a_segment_is_the_first_of_the_next() -> None:
    made, clock = packager()
    made.start(BOTH)
    stream = interleaved(frames(9), sounds(9))
    feed(made, clock, [sample for sample in stream if sample.dts_ms <= 4_000])
    assert made.window.position == (2, 0)
    late = asyncio.create_task(made.playlist(1, 6))
    early = asyncio.create_task(made.playlist(1, 5))
    await asyncio.wait_for(early, 5)
    assert not late.done()
    feed(made, clock, [sample for sample in stream if 4_000 < sample.dts_ms <= 4_200])
    await asyncio.sleep(0)
    assert not late.done()
    feed(made, clock, [sample for sample in stream if 4_200 < sample.dts_ms <= 4_500])
    playlist = read(await asyncio.wait_for(late, 5))
    assert playlist.open is not None
    assert len(playlist.open.parts) == 1


async def test_a_part_that_is_waited_for_while_its_segment_ends_before_it_is_the_first_of_the_next() -> None:
    made, clock = packager()
    made.start(BOTH)
    stream = interleaved(frames(9), sounds(9))
    feed(made, clock, [sample for sample in stream if sample.dts_ms <= 3_800])
    waiting = asyncio.create_task(made.playlist(1, 7))
    await asyncio.sleep(0)
    feed(made, clock, [sample for sample in stream if 3_800 < sample.dts_ms <= 4_100])
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()
    feed(made, clock, [sample for sample in stream if 4_100 < sample.dts_ms <= 4_500])
    playlist = read(await asyncio.wait_for(waiting, 5))
    assert playlist.open is not None
    assert len(playlist.open.parts) == 1


@pytest.mark.parametrize("gop_s", [2, *(pytest.param(gop_s, marks=pytest.mark.slow) for gop_s in (3.3, 8, 10))])
async def test_every_preload_hint_comes_true(gop_s: float) -> None:
    made, clock = packager()
    made.start(BOTH)
    hint = None
    for sample in interleaved(frames(45, gop_s=gop_s), sounds(45)):
        before = made.window.position
        feed(made, clock, [sample])
        if made.window.position == before:
            continue
        playlist = await listed(made)
        if hint is not None:
            assert hint in {part.uri for segment in playlist.segments for part in segment.parts} | {
                part.uri for part in (playlist.open.parts if playlist.open else ())
            }
        hint = playlist.preload_hint


@pytest.mark.parametrize("tracks", [PICTURE, SOUND, BOTH])
async def test_players_are_given_picture_and_sound_whatever_the_encoder_sends(tracks: Tracks) -> None:
    made, clock = packager()
    made.start(tracks)
    given = [*(frames(4) if tracks.video else []), *(sounds(4) if tracks.audio else [])]
    feed(made, clock, interleaved(given))
    playlist = await listed(made)
    file = await made.media("abc123-i1.mp4")
    assert b"avc1" in file
    assert b"mp4a" in file
    for segment in playlist.segments:
        for fragment in fragments(await made.media(segment.uri)):
            assert set(fragment.tracks) == {fmp4.VIDEO_ID, fmp4.AUDIO_ID}


async def test_tracks_that_come_and_go_change_the_init_segment_and_never_the_set_of_tracks() -> None:
    made, clock = packager()
    for nth, tracks in enumerate((PICTURE, BOTH, SOUND, BOTH, PICTURE)):
        made.start(tracks)
        begin = nth * 4_000
        given = [
            *(frames(4, start_ms=begin) if tracks.video else []),
            *(sounds(4, start_ms=begin) if tracks.audio else []),
        ]
        feed(made, clock, interleaved(given))
    playlist = await listed(made)
    assert sum(segment.discontinuity for segment in playlist.segments) == 4
    inits = {segment.map_uri for segment in playlist.segments}
    assert len(inits) == 5
    for name in inits:
        assert name is not None
        file = await made.media(name)
        assert (b"avc1" in file, b"mp4a" in file) == (True, True)
    assert made.tracks == Tracks(BOTH.video, BOTH.audio)


async def test_a_picture_that_is_gone_stands_still_and_one_that_never_was_is_black() -> None:
    made, clock = packager()
    made.start(SOUND)
    feed(made, clock, sounds(2.5))
    assert black_frame.KEYFRAME in await made.media("abc123-0.m4s")
    key = Sample(Kind.VIDEO, 3_000, b"\0\0\0\3key", True)
    made.start(BOTH)
    feed(made, clock, interleaved([key, *frames(1, start_ms=3_033)[1:]], sounds(1, start_ms=3_000)))
    made.start(SOUND)
    feed(made, clock, sounds(2.5, start_ms=5_000))
    newest = (await listed(made)).segments[-1].uri
    assert key.data in await made.media(newest)
