"""The next step of a notice, decided from what is known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fedistream.notices.lifecycle import (
    AWAY,
    DEBOUNCE,
    SILENT,
    Close,
    Post,
    Rest,
    Rules,
    Skip,
    StreamState,
    Update,
    Wait,
    after,
    before,
)
from fedistream.notices.values import SkipReason

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
DUE = START + timedelta(minutes=2)
LIVE = StreamState(START, DUE, None, None)
RULES = Rules(on=True, says=True, cooldown=timedelta(minutes=10), last_end=None)
SECOND = timedelta(seconds=1)
TOO_RECENT = Skip(SkipReason.TOO_RECENT)


@pytest.mark.parametrize(
    ("now", "stream", "rules", "step"),
    [
        (START, LIVE, RULES, Wait(DUE)),
        (DUE, LIVE, RULES, Post()),
        (DUE, None, RULES, Skip(SkipReason.OVER)),
        # at once: the admin need not be shown a plan that will come to nothing
        (START, replace(LIVE, ended_at=START), RULES, Skip(SkipReason.OVER)),
        (START, LIVE, replace(RULES, on=False), Wait(DUE)),
        (DUE, LIVE, replace(RULES, on=False), Skip(SkipReason.FEDERATION_OFF)),
        (DUE, LIVE, replace(RULES, says=False), Skip(SkipReason.NO_TEXT)),
        (DUE, LIVE, replace(RULES, last_end=START - timedelta(minutes=9)), TOO_RECENT),
        (DUE, LIVE, replace(RULES, last_end=START - timedelta(minutes=10)), Post()),
        # it is the start that counts: two minutes of waiting make no news
        (DUE, LIVE, replace(RULES, last_end=START - timedelta(minutes=10) + SECOND), TOO_RECENT),
        (DUE, LIVE, replace(RULES, last_end=START, cooldown=timedelta()), Post()),
        (DUE, replace(LIVE, lost_at=DUE), RULES, Wait(DUE + AWAY)),
        (DUE + SILENT, LIVE, RULES, Wait(DUE + SILENT + AWAY)),
        (DUE + SILENT - SECOND, LIVE, RULES, Post()),
    ],
)
def test_a_planned_notice_waits_is_posted_or_is_skipped(
    now: datetime, stream: StreamState | None, rules: Rules, step: object
) -> None:
    assert before(DUE, now, stream, rules) == step


@pytest.mark.parametrize(
    ("stream", "renamed", "retitle_due", "step"),
    [
        (LIVE, False, None, Rest()),
        (LIVE, False, DUE, Rest()),
        (LIVE, True, None, Wait(DUE + DEBOUNCE)),
        (LIVE, True, DUE + SECOND, Wait(DUE + SECOND)),
        (LIVE, True, DUE, Update()),
        (replace(LIVE, lost_at=DUE), True, DUE, Update()),
        (replace(LIVE, ended_at=DUE), True, DUE, Close()),
        (None, False, None, Close()),
    ],
)
def test_one_that_is_out_follows_the_title_and_is_closed_at_the_end(
    stream: StreamState | None, renamed: bool, retitle_due: datetime | None, step: object
) -> None:
    assert after(stream, DUE, renamed=renamed, retitle_due=retitle_due) == step
