"""Renditions as the child makes them, of what encoders send: sizes, times, keyframes, sound; and odd sources."""

from itertools import pairwise
from typing import Any

import pytest

from media import Kind, flv
from media.codec.ladder import NoteCode, RenditionPlan, VideoPlan
from tests.kit.footage import DEFAULT, Recipe, flv_tags
from tests.kit.ladders import SMALL, TALK, Made, transcoded


async def made_of(*plans: RenditionPlan, **recipe: Any) -> Made:
    made, ended = await transcoded(plans, flv_tags(Recipe(**recipe)))
    assert (ended.code, ended.complaint, ended.dropped) == (0, "", 0)
    return made


@pytest.mark.parametrize("bframes", [0, 2])
async def test_each_picture_is_encoded_with_keyframes_where_the_source_has_them(bframes: int) -> None:
    made = await made_of(SMALL, bframes=bframes)
    pictures = made.of(0)
    assert len(pictures) + made.dropped(0) == 60
    assert [each.dts_ms for each in pictures if each.key] == [0, 1000]
    assert {each.cts_ms for each in pictures} == ({0} if not bframes else {67})
    assert [each.dts_ms for each in pictures] == sorted({each.dts_ms for each in pictures})
    shown, _ = made.decoded(0)
    assert {(each.width, each.height) for each in shown} == {(160, 90)}
    assert len(shown) == len(pictures)


async def test_several_renditions_are_made_of_one_decoded_picture() -> None:
    whole = RenditionPlan("3", VideoPlan(400))
    made = await made_of(SMALL, whole, RenditionPlan("4", VideoPlan(200, width=200, effort=0), audio_kbps=64))
    assert [made.decoded(n)[0][0].width for n in range(3)] == [160, 320, 200]
    times = [[each.dts_ms for each in made.of(n)] for n in range(3)]
    for number in (1, 2):
        assert len(set(times[0]) ^ set(times[number])) <= made.dropped(0) + made.dropped(number)


async def test_a_lower_frame_rate_leaves_out_pictures_and_no_keyframe() -> None:
    made = await made_of(RenditionPlan("1", VideoPlan(200, framerate=10)))
    pictures = made.of(0)
    assert 19 <= len(pictures) + made.dropped(0) <= 21
    assert [each.dts_ms for each in pictures if each.key] == [0, 1000]
    gaps = {b.dts_ms - a.dts_ms for a, b in pairwise(pictures)}
    assert gaps <= set(range(96, 105)) or made.dropped(0)


async def test_the_sound_is_encoded_once_for_each_bit_rate_and_stays_in_its_place() -> None:
    made = await made_of(TALK, RenditionPlan("3", None, audio_kbps=160))
    low, high = made.of(0, Kind.AUDIO), made.of(1, Kind.AUDIO)
    assert [each.dts_ms for each in low] == [each.dts_ms for each in high]
    assert sum(len(each.data) for each in low) < 0.6 * sum(len(each.data) for each in high)
    _, heard = made.decoded(0)
    assert {each.sample_rate for each in heard} == {48_000}
    assert {each.layout.nb_channels for each in heard} == {2}
    assert low[0].dts_ms <= 60


@pytest.mark.parametrize(
    ("rate", "layout", "made_rate", "channels"),
    [
        (8_000, "mono", 48_000, 1),
        (22_050, "stereo", 44_100, 2),
        (44_100, "stereo", 44_100, 2),
        (96_000, "stereo", 48_000, 2),
        (48_000, "5.1", 48_000, 2),
    ],
)
async def test_odd_sound_becomes_sound_that_everything_plays(
    rate: int, layout: str, made_rate: int, channels: int
) -> None:
    made = await made_of(TALK, rate=rate, layout=layout)
    _, heard = made.decoded(0)
    assert {(each.sample_rate, each.layout.nb_channels) for each in heard} == {(made_rate, channels)}
    seconds = sum(each.samples for each in heard) / made_rate
    assert 1.7 < seconds <= 2.1


@pytest.mark.parametrize(
    ("recipe", "size"),
    [
        ({"profile": "baseline"}, (160, 90)),
        ({"options": (("slices", "4"),)}, (160, 90)),
        ({"options": (("x264-params", "interlaced=1:tff=1"),)}, (160, 90)),
        ({"size": (324, 182)}, (160, 90)),
        ({"size": (90, 160)}, (50, 90)),
        ({"fps": 5, "gop": 5}, (160, 90)),
        ({"fps": 60, "gop": 60}, (160, 90)),
    ],
)
async def test_odd_pictures_become_pictures_that_everything_plays(
    recipe: dict[str, Any], size: tuple[int, int]
) -> None:
    made = await made_of(SMALL, audio=False, **recipe)
    shown, _ = made.decoded(0)
    assert {(each.width, each.height, each.format.name) for each in shown} == {(*size, "yuv420p")}
    fps = recipe.get("fps", 30)
    assert 2 * fps - 1 <= len(shown) + made.dropped(0) <= 2 * fps, "a picture may be missing at the end of fields"


async def test_pictures_that_come_when_something_moves_keep_their_times() -> None:
    """A capture of a screen has no steady rate."""
    tags = [tag for n, tag in enumerate(flv_tags(Recipe(audio=False))) if n < 6 or n % 7 not in (2, 3, 4)]
    made, _ = await transcoded([SMALL], [tag for tag in tags if tag.kind is flv.TagKind.VIDEO])
    assert made.of(0)
    source = {tag.timestamp_ms for tag in tags}
    assert {each.dts_ms for each in made.of(0)} <= source


async def test_a_new_size_in_mid_stream_is_a_new_configuration() -> None:
    later = [
        flv.Tag(tag.kind, tag.timestamp_ms + 2000, tag.payload)
        for tag in flv_tags(Recipe(size=(240, 180), audio=False))
        if tag.kind is flv.TagKind.VIDEO
    ]
    made, ended = await transcoded([SMALL], [*flv_tags(Recipe(audio=False)), *later])
    assert ended.code == 0
    assert len(made.of(0)) + made.dropped(0) == 120
    assert len({video for video, _ in made.configs[0]}) == 2
    assert {each.dts_ms for each in made.of(0) if each.key} == {0, 1000, 2000, 3000}


async def test_a_codec_that_does_not_work_here_falls_back_to_x264_and_says_so() -> None:
    made, ended = await transcoded([SMALL], flv_tags(), codec="h264_nvenc")
    assert ended.code == 0
    assert [(rendition, code) for rendition, code, _ in made.notes][:1] == [(0, NoteCode.FELL_BACK)]
    assert made.notes[0][2]["codec"] == "h264_nvenc"
    assert len(made.of(0)) + made.dropped(0) == 60


async def test_samples_that_cannot_be_decoded_are_told_and_harm_nothing() -> None:
    def broken(tag: flv.Tag) -> flv.Tag:
        video = flv.parse_video(tag.payload) if tag.kind is flv.TagKind.VIDEO else None
        if video is None or video.packet is not flv.Packet.FRAMES or video.key:
            return tag
        head, rest = tag.payload[:10], tag.payload[10:]
        return flv.Tag(tag.kind, tag.timestamp_ms, head + bytes(byte ^ 0xA5 for byte in rest))

    made, ended = await transcoded([SMALL, TALK], map(broken, flv_tags(DEFAULT)))
    assert ended.code == 0
    assert [each.dts_ms for each in made.of(0) if each.key] == [0, 1000]
    assert made.of(1, Kind.AUDIO)


async def test_a_broadcast_without_a_picture_has_sound_alone() -> None:
    made = await made_of(SMALL, TALK, video=False)
    assert not made.of(0)
    assert made.of(1, Kind.AUDIO)


async def test_a_broadcast_too_short_to_measure_is_encoded_to_its_end() -> None:
    made = await made_of(SMALL, seconds=0.75, fps=2, gop=2)
    assert [each.dts_ms for each in made.of(0)] == [0, 500]
