from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from fedistream.api.owncast import shapes
from fedistream.api.owncast.social_platforms import PLATFORMS
from fedistream.core.api_version import API_VERSION
from fedistream.core.log_buffer import LogLine
from fedistream.viewers.service import Count, Peak, Viewer
from tests.kit.onair import OBS, STARTED, live, offline, waiting

NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
VALUES = {
    "streamtitle": "Pottery",
    "hideviewercount": False,
    "chat/disable": False,
    "video/streamlatencylevel": 0,
    "video/streamoutputvariants": [],
}


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (NOW, "2026-05-01T12:00:00Z"),
        (STARTED, "2026-05-01T11:30:00.250000Z"),
        (datetime(2026, 5, 1, 14, 0, tzinfo=timezone(timedelta(hours=2))), "2026-05-01T12:00:00Z"),
    ],
)
def test_a_moment_is_written_in_utc_with_a_z(at: datetime, text: str) -> None:
    assert shapes.moment(at) == text


def test_the_status_of_a_channel_that_never_was_live() -> None:
    assert shapes.status(offline(), 3, VALUES, NOW) == {
        "serverTime": "2026-05-01T12:00:00Z",
        "lastConnectTime": None,
        "lastDisconnectTime": None,
        "versionNumber": API_VERSION,
        "streamTitle": "Pottery",
        "online": False,
        "state": "offline",
        "chatDisabled": False,
    }


def test_the_status_of_a_live_channel() -> None:
    ended = STARTED - timedelta(days=1)
    shape = shapes.status(replace(live(), last_ended_at=ended), 3, VALUES, NOW)
    assert shape["online"] is True
    assert shape["viewerCount"] == 3
    assert shape["lastConnectTime"] == "2026-05-01T11:30:00.250000Z"
    assert shape["lastDisconnectTime"] is None


def test_the_status_of_a_channel_that_was_live() -> None:
    ended = STARTED - timedelta(days=1)
    shape = shapes.status(replace(offline(), last_started_at=ended, last_ended_at=STARTED), 3, VALUES, NOW)
    assert (shape["lastConnectTime"], shape["lastDisconnectTime"]) == (None, "2026-05-01T11:30:00.250000Z")


def test_a_channel_whose_encoder_is_expected_back_is_still_online() -> None:
    shape = shapes.status(waiting(), 3, VALUES, NOW)
    assert (shape["online"], shape["state"], shape["viewerCount"]) == (True, "waiting", 3)


def test_a_hidden_viewer_count_is_absent_for_visitors_and_there_for_the_admin() -> None:
    values = {**VALUES, "hideviewercount": True}
    hidden = shapes.status(live(), 3, values, NOW)
    assert "viewerCount" not in hidden
    assert hidden["viewerCountHidden"] is True
    assert not {"viewerCount", "viewerCountHidden"} & shapes.status(live(), 0, VALUES, NOW).keys()
    assert shapes.admin_status(live(), 3, Peak(), values)["viewerCount"] == 3


def test_warnings_are_for_the_admin_only() -> None:
    live_status = replace(live(), warnings=("keyframes are 10 seconds apart",))
    assert "warnings" not in shapes.status(live_status, 0, VALUES, NOW)
    assert shapes.admin_status(live_status, 0, Peak(), VALUES)["warnings"] == ["keyframes are 10 seconds apart"]


def test_the_admin_sees_the_encoder_and_the_peaks() -> None:
    variant = {
        "name": "Source",
        "videoPassthrough": True,
        "audioPassthrough": True,
        "videoBitrate": 4500,
        "audioBitrate": 160,
        "scaledWidth": 0,
        "scaledHeight": 0,
        "framerate": 30,
        "cpuUsageLevel": 0,
    }
    assert shapes.admin_status(live(), 3, Peak(5, 40), VALUES) == {
        "broadcaster": {
            "remoteAddr": "203.0.113.9",
            "time": "2026-05-01T11:30:00.250000Z",
            "streamDetails": {
                "width": 1920,
                "height": 1080,
                "framerate": 30.0,
                "videoBitrate": 4500,
                "audioBitrate": 160,
                "videoCodec": "H.264",
                "audioCodec": "AAC",
                "encoder": "obs-output module (libobs version 31.0.2)",
            },
        },
        "currentBroadcast": {"outputSettings": [variant], "latencyLevel": {"level": 0}},
        "health": None,
        "online": True,
        "viewerCount": 3,
        "overallPeakViewerCount": 40,
        "sessionPeakViewerCount": 5,
        "streamTitle": "Pottery",
        "versionNumber": API_VERSION,
        "state": "live",
        "warnings": [],
    }


def test_the_admin_of_an_offline_channel_sees_no_broadcast() -> None:
    shape = shapes.admin_status(offline(), 3, Peak(5, 40), VALUES)
    assert shape["currentBroadcast"] is None
    assert "broadcaster" not in shape
    assert (shape["viewerCount"], shape["overallPeakViewerCount"]) == (0, 40)


def test_a_waiting_channel_has_a_broadcast_without_a_broadcaster() -> None:
    shape = shapes.admin_status(waiting(), 1, Peak(), VALUES)
    assert "broadcaster" not in shape
    assert shape["currentBroadcast"] is not None


@pytest.mark.parametrize(
    ("name", "shown"),
    [("avc1.64001f", "H.264"), ("mp4a.40.2", "AAC"), ("H.264", "H.264"), ("", ""), ("hvc1.1", "hvc1.1")],
)
def test_codecs_have_the_names_owncast_gives_them(name: str, shown: str) -> None:
    assert shapes.codec(name) == shown


def test_an_odd_frame_rate_is_whole_in_a_variant_and_exact_in_the_details() -> None:
    encoder = replace(OBS, framerate=29.97)
    assert shapes.passthrough(encoder)["framerate"] == 30
    details = shapes.broadcaster(encoder)["streamDetails"]
    assert isinstance(details, dict)
    assert details["framerate"] == 29.97


def test_viewers_counts_and_log_lines() -> None:
    viewer = Viewer("id1", NOW, NOW, "Firefox", "192.0.2.1")
    assert shapes.viewer(viewer, None) == {
        "clientID": "id1",
        "firstSeen": "2026-05-01T12:00:00Z",
        "userAgent": "Firefox",
        "ipAddress": "192.0.2.1",
        "geo": None,
    }
    assert shapes.counts([Count(NOW, 4)]) == [{"time": "2026-05-01T12:00:00Z", "value": 4}]
    assert shapes.log_lines([LogLine(NOW, "critical", "gone", 50), LogLine(NOW, "info", "here", 20)]) == [
        {"time": "2026-05-01T12:00:00Z", "message": "gone", "level": "fatal"},
        {"time": "2026-05-01T12:00:00Z", "message": "here", "level": "info"},
    ]


def test_platforms_are_sorted_and_in_lower_case() -> None:
    assert list(PLATFORMS) == sorted(PLATFORMS)
    assert all(key == key.lower() and key.isalnum() for key in PLATFORMS)
    assert shapes.platforms({"kofi": "Ko-fi"}) == {"kofi": {"platform": "Ko-fi", "icon": "/img/platformlogos/kofi.svg"}}
