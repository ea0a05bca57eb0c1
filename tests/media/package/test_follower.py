"""Renditions that follow the source: the same numbers and times, whatever the encoder does or leaves undone."""

import asyncio

import pytest

from media import Kind, Sample, Tracks, m3u8
from media.package import FollowerRules, FollowingRendition, NotFound, PackagerConfig, Presentation, Supply
from media.package.cutter import CutRules
from media.package.follower import GONE_MS, LATE_MS
from tests.kit.samples import BOTH, OTHER_VIDEO, SOUND, VIDEO, frames, interleaved, sounds

SMALL = Tracks(OTHER_VIDEO, None)
QUIET = FollowerRules(video=Supply.ENCODER, bandwidth=900_000)


def broadcast(rules: FollowerRules = QUIET, *, up: bool = True) -> tuple[Presentation, FollowingRendition]:
    made = Presentation("tok", PackagerConfig(CutRules()), first=0, wall_ms=lambda: 1_700_000_000_000)
    follower = made.follow("1", rules, "Small")
    if up:
        follower.up()
    return made, follower


def run(
    made: Presentation,
    follower: FollowingRendition,
    seconds: float,
    *,
    start_ms: int = 0,
    late: int = 0,
    without: range = range(0),
    gop_s: float = 2,
) -> None:
    """Feed the source; the encoder answers each picture `late` pictures later, but for those in `without`."""
    waiting: list[Sample] = []
    for sample in interleaved(frames(seconds, start_ms=start_ms, gop_s=gop_s), sounds(seconds, start_ms=start_ms)):
        made.source.put(sample)
        if sample.kind is Kind.VIDEO:
            waiting.append(sample)
            if len(waiting) > late:
                answer = waiting.pop(0)
                if answer.dts_ms not in without:
                    follower.put(Sample(Kind.VIDEO, answer.dts_ms, b"small", answer.key))


def shape(origin: object) -> list[tuple[int, list[int]]]:
    window = origin.window  # type: ignore[attr-defined]
    return [(each.number, [part.duration_ms for part in each.parts]) for each in window.segments]


def common(made: Presentation, follower: FollowingRendition) -> bool:
    """Return whether all that the rendition has is cut as the source is."""
    source = dict(shape(made.source))
    return all(source[number][: len(parts)] == parts for number, parts in shape(follower))


def started(rules: FollowerRules = QUIET, **more: bool) -> tuple[Presentation, FollowingRendition]:
    made, follower = broadcast(rules, **more)
    made.source.start(BOTH)
    follower.start(SMALL)
    return made, follower


@pytest.mark.parametrize("late", [0, 3, 20])
def test_parts_and_segments_are_those_of_the_source(late: int) -> None:
    made, follower = started()
    run(made, follower, 10, late=late)
    assert common(made, follower)
    assert [number for number, _ in shape(follower)] == [number for number, _ in shape(made.source)]
    mine, theirs = follower.window, made.source.window
    assert [each.wall_ms for each in mine.segments] == [each.wall_ms for each in theirs.segments]
    assert [part.independent for each in mine.segments for part in each.parts][:6] == [
        part.independent for each in theirs.segments for part in each.parts
    ][:6]


def test_nothing_is_offered_before_the_encoder_has_made_something() -> None:
    made, follower = started()
    run(made, follower, 3, without=range(9999))
    assert not follower.playable
    assert made.source.playable


async def test_a_rendition_may_begin_in_the_middle() -> None:
    made, follower = started()
    run(made, follower, 7, without=range(3000))
    assert follower.playable
    assert common(made, follower)
    assert follower.window.segments[0].number > 0
    text = (await follower.playlist()).plain.decode()
    assert 'EXT-X-RENDITION-REPORT:URI="../0/stream.m3u8"' in text


def test_a_gap_of_the_encoder_is_a_still_picture_with_sound_and_ends_at_a_keyframe() -> None:
    made, follower = started()
    run(made, follower, 12, without=range(4100, 5000))
    assert common(made, follower)
    whole = {part.independent for each in follower.window.segments for part in each.parts}
    assert whole == {True, False}
    assert [number for number, _ in shape(follower)] == [number for number, _ in shape(made.source)]


def test_an_encoder_that_is_gone_delays_nothing() -> None:
    made, follower = started()
    run(made, follower, 4)
    follower.down()
    run(made, follower, 4, start_ms=4000, without=range(99_999))
    assert shape(follower) == shape(made.source)


def test_an_encoder_that_hangs_delays_a_second_at_most() -> None:
    made, follower = started()
    run(made, follower, 4)
    run(made, follower, 4, start_ms=4000, without=range(99_999))
    lag = sum(sum(parts) for _, parts in shape(made.source)) - sum(sum(parts) for _, parts in shape(follower))
    assert 0 < lag <= LATE_MS + 400
    assert common(made, follower)


async def test_a_rendition_leaves_when_its_encoder_stays_away_and_comes_back_with_it() -> None:
    made, follower = started()
    run(made, follower, 4)
    follower.down()
    gone_s = GONE_MS / 1000 + 1
    run(made, follower, gone_s, start_ms=4000, without=range(99_999))
    assert not follower.window.segments
    with pytest.raises(NotFound):
        await follower.playlist()
    assert b"1/stream.m3u8" not in (await made.multivariant()).plain
    follower.up()
    run(made, follower, 4, start_ms=4000 + int(gone_s * 1000))
    assert follower.playable
    assert common(made, follower)
    assert b"1/stream.m3u8" in (await made.multivariant()).plain


async def test_a_new_epoch_of_the_source_is_a_discontinuity_of_all_with_one_count() -> None:
    made, follower = started()
    run(made, follower, 4)
    made.source.start(Tracks(OTHER_VIDEO, BOTH.audio))
    follower.start(Tracks(VIDEO, None))
    run(made, follower, 4, start_ms=4100)
    assert common(made, follower)
    for origin in (made.source, follower):
        playlist = m3u8.parse((await origin.playlist()).plain.decode())
        assert isinstance(playlist, m3u8.MediaPlaylist)
        assert [each.discontinuity for each in playlist.segments].count(True) == 1
        assert playlist.discontinuity_sequence == 0
    assert follower.tracks == Tracks(VIDEO, BOTH.audio)


def test_another_configuration_without_a_discontinuity_waits_for_the_next_segment() -> None:
    """An encoder that fell back to another codec has other parameter sets."""
    made, follower = started()
    run(made, follower, 3, gop_s=1)
    follower.start(Tracks(VIDEO, None))
    run(made, follower, 5, start_ms=3000, gop_s=1)
    assert common(made, follower)
    assert follower.tracks == Tracks(VIDEO, BOTH.audio)
    assert {each.epoch for each in follower.window.segments} == {1, 2}


def test_sound_alone_follows_without_an_encoder() -> None:
    made, follower = broadcast(FollowerRules(video=Supply.NONE), up=False)
    made.source.start(BOTH)
    run(made, follower, 6)
    assert shape(follower) == shape(made.source)
    assert follower.tracks == SOUND
    assert all(part.independent for each in follower.window.segments for part in each.parts)
    assert follower.variant("x").resolution is None
    assert follower.variant("x").codecs == "mp4a.40.2"


def test_the_picture_of_the_source_with_other_sound() -> None:
    made, follower = broadcast(FollowerRules(video=Supply.SOURCE, audio=Supply.ENCODER))
    made.source.start(BOTH)
    follower.start(SOUND)
    for sample in interleaved(frames(6), sounds(6)):
        made.source.put(sample)
        if sample.kind is Kind.AUDIO:
            follower.put(sample)
    assert common(made, follower)
    assert follower.tracks == BOTH


def test_encoded_sound_is_silent_where_the_encoder_is_gone() -> None:
    made, follower = broadcast(FollowerRules(video=Supply.NONE, audio=Supply.ENCODER))
    made.source.start(BOTH)
    follower.start(SOUND)
    for sample in interleaved(frames(8), sounds(8)):
        made.source.put(sample)
        if sample.kind is Kind.AUDIO and not 3000 < sample.dts_ms < 4500:
            follower.put(sample)
    assert common(made, follower)
    assert [number for number, _ in shape(follower)] == [number for number, _ in shape(made.source)]


def test_a_source_without_sound_gets_silence_in_every_rendition() -> None:
    made, follower = broadcast(FollowerRules(audio=Supply.ENCODER))
    made.source.start(Tracks(VIDEO, None))
    follower.start(SMALL)
    for sample in frames(5):
        made.source.put(sample)
        follower.put(sample)
    assert common(made, follower)
    assert follower.playable
    assert follower.tracks is not None
    assert follower.tracks.audio is not None


def test_a_source_whose_picture_ends_is_a_still_picture_in_every_rendition() -> None:
    made, follower = started()
    run(made, follower, 3)
    made.source.start(SOUND)
    for sample in sounds(20, start_ms=3100):
        made.source.put(sample)
    assert follower.playable
    assert [number for number, _ in shape(follower)] == [number for number, _ in shape(made.source)]


async def test_the_planned_bandwidth_is_the_least_that_is_said_and_names_are_said_too() -> None:
    made, follower = started()
    made.name_source('The "best"')
    run(made, follower, 6)
    assert follower.variant("x").bandwidth == 900_000
    text = (await made.multivariant()).plain.decode()
    assert "NAME=\"The 'best'\"" in text
    assert 'NAME="Small"' in text


async def test_a_source_that_is_not_offered_is_there_while_nothing_else_is() -> None:
    made, follower = started()
    made.lists_source = False
    run(made, follower, 4)
    assert b"0/stream.m3u8" not in (await made.multivariant()).plain
    assert b"RENDITION-REPORT" not in (await follower.playlist()).plain
    made.remove("1")
    assert b"0/stream.m3u8" in (await made.multivariant()).plain


async def test_a_rendition_that_was_removed_is_not_found() -> None:
    made, follower = started()
    run(made, follower, 4)
    made.remove("1")
    run(made, follower, 1, start_ms=4000)
    for ask in (follower.playlist, follower.ready):
        with pytest.raises(NotFound):
            await ask()
    with pytest.raises(NotFound):
        made.packager("1")


def test_the_end_of_the_broadcast_lists_what_there_is() -> None:
    made, follower = started()
    run(made, follower, 5, late=10)
    made.end()
    assert follower.ended
    assert [number for number, _ in shape(follower)] == [number for number, _ in shape(made.source)]
    before = shape(follower)
    follower.put(Sample(Kind.VIDEO, 5000, b"late", True))
    assert shape(follower) == before


def test_what_an_encoder_invents_is_bounded() -> None:
    made, follower = started()
    run(made, follower, 1)
    for number in range(10_000):
        follower.put(Sample(Kind.VIDEO, 100_000 + number, b"x"))
        follower.put(Sample(Kind.AUDIO, 100_000 + number, b"x"))
    run(made, follower, 4, start_ms=1000, without=range(99_999))
    assert made.source.playable


def test_fewer_pictures_than_parts_are_no_gap() -> None:
    made, follower = started(FollowerRules(framerate=2))
    for sample in interleaved(frames(8), sounds(8)):
        made.source.put(sample)
        if sample.kind is Kind.VIDEO and sample.dts_ms % 500 == 0:
            follower.put(Sample(Kind.VIDEO, sample.dts_ms, b"small", sample.key))
    assert common(made, follower)
    keys = [part.independent for each in follower.window.segments for part in each.parts]
    assert keys.count(True) == 4
    assert follower.frame_rate == 2


class Broken(FollowingRendition):
    """A rendition with a fault of the program."""

    def _emit(self, placed: object) -> None:
        raise ZeroDivisionError


@pytest.mark.parametrize("call", ["place", "pause"])
def test_a_rendition_that_raises_is_removed_and_the_source_goes_on(call: str, caplog: pytest.LogCaptureFixture) -> None:
    made, follower = broadcast()
    broken = Broken("tokr2", made.source, FollowerRules(Supply.SOURCE, Supply.SOURCE))
    made.source.followers.insert(0, broken)
    made.source.start(BOTH)
    follower.start(SMALL)
    if call == "pause":
        broken.rules = QUIET  # its parts wait for pictures, until the source pauses
    run(made, follower, 3)
    made.pause()
    assert made.source.followers == [follower]
    assert not broken.playable
    assert follower.playable
    assert [number for number, _ in shape(made.source)] == [0, 1, 2]
    assert "a rendition failed and was removed" in caplog.text


async def test_new_viewers_wait_no_more_for_a_rendition_whose_encoder_does_not_come() -> None:
    made, follower = started()
    run(made, follower, 8, without=range(9999))
    with pytest.raises(NotFound):
        await follower.ready()
    async with asyncio.timeout(1):
        assert b"1/stream.m3u8" not in (await made.multivariant()).plain
    run(made, follower, 6, start_ms=8000)
    assert b"1/stream.m3u8" in (await made.multivariant()).plain


async def test_sound_alone_is_listed_last_for_players_begin_with_the_first() -> None:
    made = Presentation("tok", PackagerConfig(CutRules()), first=0, wall_ms=lambda: 0)
    made.lists_source = False
    made.follow("1", FollowerRules(Supply.NONE, Supply.SOURCE), "Radio")
    made.follow("2", FollowerRules(Supply.SOURCE, Supply.SOURCE), "Picture")
    made.source.start(BOTH)
    for sample in interleaved(frames(4), sounds(4)):
        made.source.put(sample)
    text = (await made.multivariant()).plain
    assert text.index(b"2/stream.m3u8") < text.index(b"1/stream.m3u8")
