"""The sizes, threads and rates of renditions, and the JSON in which they go to the child."""

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.codec.ladder.plan import (
    MAX_PLANS,
    PRESETS,
    RenditionPlan,
    Setup,
    VideoPlan,
    fit,
    measured_rate,
    read_setup,
    threads,
)

SETUP = Setup(
    (RenditionPlan("1", VideoPlan(2800, 1280, 720, 30, 3)), RenditionPlan("2", None, 64)), "h264_nvenc", 29.97
)


def test_a_setup_is_read_as_it_was_written() -> None:
    assert read_setup(json.loads(json.dumps(SETUP.json()))) == SETUP


def test_a_setup_of_too_many_renditions_is_refused() -> None:
    with pytest.raises(ValueError, match="17 renditions"):
        read_setup(Setup([RenditionPlan("x")] * (MAX_PLANS + 1)).json())


@pytest.mark.parametrize(
    ("size", "sar", "box", "made"),
    [
        ((1920, 1080), 1, (0, 720), (1280, 720)),
        ((1920, 1080), 1, (0, 480), (854, 480)),
        ((1920, 1080), 1, (640, 0), (640, 360)),
        ((1920, 1080), 1, (0, 0), (1920, 1080)),
        ((1280, 720), 1, (1920, 1080), (1280, 720)),  # never larger
        ((1440, 1080), 1, (1280, 720), (960, 720)),  # 4:3 into a box of 16:9
        ((1080, 1920), 1, (1280, 720), (404, 720)),
        ((1919, 1079), 1, (0, 0), (1920, 1080)),  # odd sides have a row or a column more
        ((720, 576), Fraction(64, 45), (0, 0), (1024, 576)),  # pixels that are wider than high
        ((720, 576), Fraction(16, 15), (0, 288), (384, 288)),
        ((4000, 20), 1, (100, 0), (100, 16)),
    ],
)
def test_a_rendition_keeps_the_pictures_shape(
    size: tuple[int, int], sar: Fraction, box: tuple[int, int], made: tuple[int, int]
) -> None:
    assert fit(size, Fraction(sar), VideoPlan(1000, *box)) == made


@given(
    st.tuples(st.integers(1, 8192), st.integers(1, 8192)),
    st.fractions(Fraction(1, 8), 8, max_denominator=99),
    st.integers(0, 8192),
    st.integers(0, 8192),
)
def test_every_size_is_one_that_an_encoder_takes(size: tuple[int, int], sar: Fraction, width: int, height: int) -> None:
    for side in fit(size, sar, VideoPlan(1000, width, height)):
        assert 16 <= side <= 8192
        assert side % 2 == 0


def test_one_thread_is_enough_for_what_it_can_sustain() -> None:
    assert threads((854, 480), 30, 2, 8) == threads((1280, 720), 30, 2, 8) == 1
    assert threads((1920, 1080), 60, 2, 8) == 2
    assert threads((1920, 1080), 60, 4, 8) == 4
    assert threads((3840, 2160), 60, len(PRESETS) - 1, 2) == 2


@pytest.mark.parametrize(
    ("times", "rate"),
    [
        ([0, 33, 67, 100, 133], 30),
        ([0, 17, 33, 50, 67, 83], 60),
        ([0, 40, 80, 1080, 1120, 1160], 25),
        ([0, 1000], 1),
        ([5], 30),
        ([], 30),
        ([7, 7, 7], 30),
    ],
)
def test_the_frame_rate_is_measured_by_the_usual_distance(times: list[int], rate: float) -> None:
    assert measured_rate(times) == pytest.approx(rate, rel=0.02)
