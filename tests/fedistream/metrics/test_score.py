from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fedistream.metrics.score import HealthReason, Stream, health
from fedistream.metrics.values import Playback
from fedistream.metrics.wording import message

GOOD = Playback(datetime(2026, 5, 1, tzinfo=UTC), "p", 9000, None, 2.5, 0.4, 0, 0)
STREAM = Stream(kbps=4660, segment_s=2, viewers=10)


def test_nothing_is_known_without_players_and_warnings() -> None:
    assert health((), STREAM) is None


def test_players_without_problems_are_healthy() -> None:
    score = health([(GOOD, False)] * 5, STREAM)
    assert score is not None
    assert (score.healthy, score.percentage, score.representation) == (True, 100, 50)
    assert message(score) == "All 5 players that report play without problems."


@pytest.mark.parametrize(
    ("playback", "failed", "reason"),
    [
        (GOOD, True, HealthReason.ERRORS),
        (replace(GOOD, download_s=2.1), False, HealthReason.SLOW),
        (replace(GOOD, bandwidth_kbps=4700), False, HealthReason.NARROW),
        (replace(GOOD, bandwidth_kbps=1300, bitrate_kbps=1200), False, HealthReason.NARROW),
    ],
)
def test_the_problem_of_most_players_is_told(playback: Playback, failed: bool, reason: HealthReason) -> None:
    score = health([(GOOD, False), (playback, failed), (playback, failed)], STREAM)
    assert score is not None
    assert (score.healthy, score.percentage, score.reason, score.affected) == (False, 33, reason, 2)
    assert message(score).startswith("2 of 3 players ")


def test_a_bitrate_that_fits_is_no_problem() -> None:
    score = health([(replace(GOOD, bandwidth_kbps=1400, bitrate_kbps=1200), False)], STREAM)
    assert score is not None
    assert score.healthy


def test_a_warning_of_the_encoder_comes_first() -> None:
    score = health([(GOOD, True)], replace(STREAM, warnings=("The sound is gone.", "x"), cpu=99))
    assert score is not None
    assert (score.healthy, message(score)) == (False, "The sound is gone.")


def test_a_busy_machine_is_told_without_players_too() -> None:
    score = health((), replace(STREAM, cpu=96.4))
    assert score is not None
    assert (score.healthy, score.percentage, score.representation) == (False, 100, 0)
    assert "96 %" in message(score)


def test_the_representation_is_at_most_everybody() -> None:
    score = health([(GOOD, False)] * 3, replace(STREAM, viewers=1))
    assert score is not None
    assert score.representation == 100
