"""The values for templates and modules."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fedistream.api.pages import shapes
from fedistream.broadcasts.values import LiveStatus
from fedistream.channels.values import StreamKey
from tests.kit import onair
from tests.kit.studio import DEFAULTS

AT = datetime(2026, 5, 1, tzinfo=UTC)


def test_what_the_streamer_wrote_is_rendered_and_tamed() -> None:
    values = {**DEFAULTS, "channel.page_content": "**bold** <script>alert(1)</script> [x](javascript:alert(1))"}
    content = shapes.channel(values).page_content
    assert "<strong>bold</strong>" in content
    assert "<script" not in content
    assert "javascript:" not in content or "href" not in content


def test_the_description_is_the_summary_as_plain_words() -> None:
    values = {**DEFAULTS, "channel.summary": "# Boats\n\non a *slow*\nriver"}
    assert shapes.channel(values).description == "Boats on a slow river"


def test_a_description_has_an_end() -> None:
    assert len(shapes.channel({**DEFAULTS, "channel.summary": "word " * 1000}).description) == shapes.MAX_DESCRIPTION


@pytest.mark.parametrize(
    ("handle", "label", "icon"),
    [
        ({"platform": "mastodon", "url": "https://social.example/@me"}, "Mastodon", "/img/platformlogos/mastodon.svg"),
        ({"platform": "My site", "url": "HTTPS://me.example"}, "My site", ""),
        ({"platform": "", "url": "https://me.example"}, "https://me.example", ""),
    ],
)
def test_a_link_is_named_by_its_platform(handle: dict[str, str], label: str, icon: str) -> None:
    (link,) = shapes.channel({**DEFAULTS, "channel.social_handles": [handle]}).links
    assert link == shapes.Link(label, handle["url"], icon)


@pytest.mark.parametrize("handle", [{"platform": "x", "url": "javascript:alert(1)"}, {"platform": "x"}, "text", None])
def test_a_link_that_is_none_is_left_out(handle: object) -> None:
    assert shapes.channel({**DEFAULTS, "channel.social_handles": [handle]}).links == []


def test_the_status_of_a_live_channel_has_what_the_modules_read() -> None:
    assert shapes.status(onair.live(), 7, "Title", hide_viewers=False) == {
        "state": "live",
        "online": True,
        "streamTitle": "Title",
        "lastConnectTime": "2026-05-01T11:30:00.250000+00:00",
        "lastDisconnectTime": None,
        "viewerCount": 7,
    }


def test_offline_nobody_watches() -> None:
    live_status = replace(onair.offline(), last_ended_at=datetime(2026, 5, 1, tzinfo=UTC))
    status = shapes.status(live_status, 3, "", hide_viewers=False)
    assert (status["online"], status["viewerCount"]) == (False, 0)
    assert status["lastDisconnectTime"] == "2026-05-01T00:00:00+00:00"


def test_a_hidden_viewer_count_is_not_told() -> None:
    assert "viewerCount" not in shapes.status(onair.live(), 7, "", hide_viewers=True)


@pytest.mark.parametrize(
    ("live_status", "state"),
    [(onair.offline(), "offline"), (onair.live(), "starting"), (onair.waiting(), "waiting")],
)
def test_a_page_begins_in_the_state_of_the_channel(live_status: LiveStatus, state: str) -> None:
    assert shapes.first_state(live_status) == state


def test_the_figures_of_an_encoder_leave_out_what_it_did_not_tell() -> None:
    known = dict(shapes.figures(onair.OBS, str))
    assert known["Resolution"] == "1920 × 1080"
    assert known["Video"] == "H.264, 4500 kbit/s"
    assert known["Frame rate"] == "30"
    silent = replace(onair.OBS, width=0, framerate=0.0, video_kbps=0, audio_codec="", audio_kbps=0, software="")
    assert dict(shapes.figures(silent, str)) == {"Video": "H.264", "Address": onair.OBS.address}


def test_without_an_encoder_there_are_no_figures() -> None:
    assert shapes.figures(None, str) == []


def test_a_key_is_marked_without_being_told() -> None:
    first, second = shapes.shown_keys([StreamKey("aaaa", "one", AT), StreamKey("bbbb", "", AT)])
    assert first.mark != second.mark
    assert "aaaa" not in first.mark
    assert (first.key, first.comment) == ("aaaa", "one")
