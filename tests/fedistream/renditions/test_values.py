"""The renditions that rows of the setting describe, with the defaults of their members."""

from typing import Any

import pytest

from fedistream.renditions.values import Layout, layout, titles
from fedistream.settings.structures import PASSTHROUGH, renditions
from media.codec.ladder import RenditionPlan, VideoPlan
from media.package import FollowerRules, Supply

HD = {"name": "HD", "videoBitrate": 2800, "audioBitrate": 96, "scaledHeight": 720, "framerate": 30, "cpuUsageLevel": 3}


def found(*rows: dict[str, Any], codec: str = "copy") -> Layout:
    return layout(renditions("x", list(rows)), codec)  # type: ignore[arg-type]


@pytest.mark.parametrize("rows", [[], [dict(PASSTHROUGH)], [dict(PASSTHROUGH), dict(PASSTHROUGH)]])
def test_the_source_alone_is_what_there_is_without_more(rows: list[dict[str, Any]]) -> None:
    assert found(*rows) == Layout("Source", (), "libx264")


def test_a_row_is_a_rendition_with_its_bit_rates_and_size() -> None:
    made = found(dict(PASSTHROUGH), HD)
    assert made.source_title == "Source"
    (hd,) = made.others
    assert hd.plan == RenditionPlan("", VideoPlan(2800, 0, 720, 30, 3), 96)
    assert hd.rules == FollowerRules(Supply.ENCODER, Supply.ENCODER, 2_896_000, 30)
    assert titles(made) == ("Source", "HD")


def test_without_a_passthrough_the_source_is_not_offered() -> None:
    made = found(HD)
    assert made.source_title is None
    assert titles(made) == ("HD",)


@pytest.mark.parametrize("sound", [{"audioPassthrough": True, "audioBitrate": 64}, {"audioBitrate": 0}])
def test_sound_is_passed_on_where_no_bit_rate_is_given(sound: dict[str, Any]) -> None:
    (made,) = found(HD | sound).others
    assert made.rules.audio is Supply.SOURCE
    assert made.plan is not None
    assert made.plan.audio_kbps == 0


def test_sound_alone_needs_an_encoder_only_for_another_bit_rate() -> None:
    copied, made = found({"audioOnly": True}, {"audioOnly": True, "audioBitrate": 48, "name": "Radio"}).others
    assert (copied.title, copied.plan) == ("Audio only", None)
    assert (made.title, made.plan) == ("Radio", RenditionPlan("", None, 48))
    assert copied.rules.video is made.rules.video is Supply.NONE


def test_the_picture_may_be_passed_on_with_other_sound() -> None:
    made = found({"videoPassthrough": True, "audioBitrate": 64})
    assert made.source_title is None
    assert made.others[0].rules == FollowerRules(Supply.SOURCE, Supply.ENCODER, 64_000)


@pytest.mark.parametrize(
    ("row", "title"), [({"scaledHeight": 480}, "480p"), ({"videoBitrate": 800}, "800 kbit/s"), ({}, "1200 kbit/s")]
)
def test_a_row_without_a_name_is_called_by_what_it_is(row: dict[str, Any], title: str) -> None:
    assert titles(found(row)) == (title,)


def test_the_same_row_twice_is_one_rendition() -> None:
    assert len(found(HD, HD).others) == 1


def test_the_codec_is_the_one_that_was_chosen() -> None:
    assert found(HD, codec="h264_nvenc").codec == "h264_nvenc"
