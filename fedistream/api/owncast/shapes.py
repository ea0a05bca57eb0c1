"""Owncast's JSON about the stream and its viewers: pure functions from the node's values.

The configuration has its own module, config_shapes.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from fedistream.api.owncast.setting_values import Values
from fedistream.api.owncast.social_platforms import icon
from fedistream.broadcasts.values import Encoder, LiveStatus, State
from fedistream.core.api_version import API_VERSION
from fedistream.core.log_buffer import LogLine
from fedistream.viewers.service import Count, Peak, Viewer
from fedistream.viewers.values import Geo

Json = dict[str, object]

CODECS = {"avc1": "H.264", "mp4a": "AAC"}  # by the first part of the RFC 6381 name
LEVELS = {"critical": "fatal"}  # the other codecs keep their names
PASSTHROUGH = "Source"  # Owncast's name for a passthrough variant without a name


def moment(at: datetime) -> str:
    """Return a time in the form of RFC 3339, in UTC with `Z`. Owncast prints up to 9 digits of a second, Python 6."""
    return (at if at.tzinfo is UTC else at.astimezone(UTC)).isoformat().removesuffix("+00:00") + "Z"


def moment_or_null(at: datetime | None) -> str | None:
    return None if at is None else moment(at)


def status(live_status: LiveStatus, viewers: int, values: Values, now: datetime) -> Json:
    """Status. An online stream has no last end, an offline one no last start, and a count of zero is left out.

    Three members are ours: `state`, because Owncast has no value for a stream whose encoder is expected back;
    `chatDisabled`, which tells a page when a chat that was disabled is enabled again; and `viewerCountHidden`, which
    tells a hidden count from zero.
    """
    online = live_status.state is not State.OFFLINE
    shape: Json = {
        "serverTime": moment(now),
        "lastConnectTime": moment_or_null(live_status.started_at) if online else None,
        "lastDisconnectTime": None if online else moment_or_null(live_status.last_ended_at),
        "versionNumber": API_VERSION,
        "streamTitle": values["streamtitle"],
        "online": online,
        "state": live_status.state.value,
        "chatDisabled": values["chat/disable"],
    }
    if values["hideviewercount"]:
        shape["viewerCountHidden"] = True
    elif online and viewers:
        shape["viewerCount"] = viewers
    return shape


def admin_status(live_status: LiveStatus, viewers: int, peak: Peak, values: Values, health: Json | None = None) -> Json:
    """AdminStatus. `state` and `warnings` are ours."""
    online = live_status.state is not State.OFFLINE
    shape: Json = {
        "currentBroadcast": current_broadcast(live_status, values) if online else None,
        "health": health,
        "online": online,
        "viewerCount": viewers if online else 0,
        "overallPeakViewerCount": peak.overall,
        "sessionPeakViewerCount": peak.session,
        "streamTitle": values["streamtitle"],
        "versionNumber": API_VERSION,
        "state": live_status.state.value,
        "warnings": list(live_status.warnings),
    }
    if live_status.encoder is not None:
        shape["broadcaster"] = broadcaster(live_status.encoder)
    return shape


def broadcaster(encoder: Encoder) -> Json:
    return {
        "remoteAddr": encoder.address,
        "time": moment(encoder.connected_at),
        "streamDetails": {
            "width": encoder.width,
            "height": encoder.height,
            # the early documents spell it frameRate; every client that was read wants framerate
            "framerate": encoder.framerate,
            "videoBitrate": encoder.video_kbps,
            "audioBitrate": encoder.audio_kbps,
            "videoCodec": codec(encoder.video_codec),
            "audioCodec": codec(encoder.audio_codec),
            "encoder": encoder.software,
        },
    }


def codec(name: str) -> str:
    """Return Owncast's name of a codec, for example "H.264" for "avc1.64001f"."""
    return CODECS.get(name.partition(".")[0], name)


def current_broadcast(live_status: LiveStatus, values: Values) -> Json:
    """Return the variants of the running broadcast. A passthrough has the encoder's numbers."""
    rows = cast("list[dict[str, Any]]", values["video/streamoutputvariants"]) or [passthrough(None)]
    return {
        "outputSettings": [
            passthrough(live_status.encoder) | {"name": row["name"] or PASSTHROUGH} if row["videoPassthrough"] else row
            for row in rows
        ],
        "latencyLevel": {"level": values["video/streamlatencylevel"]},
    }


def passthrough(encoder: Encoder | None) -> Json:
    """Return the StreamOutputVariant of the passthrough, with the encoder's numbers while one is connected."""
    return {
        "name": PASSTHROUGH,
        "videoPassthrough": True,
        "audioPassthrough": True,
        "videoBitrate": encoder.video_kbps if encoder else 0,
        "audioBitrate": encoder.audio_kbps if encoder else 0,
        "scaledWidth": 0,
        "scaledHeight": 0,
        "framerate": round(encoder.framerate) if encoder else 0,
        "cpuUsageLevel": 0,
    }


def variants(titles: Iterable[str]) -> list[Json]:
    return [{"index": index, "name": title} for index, title in enumerate(titles)]


def viewer(watching: Viewer, place: Geo | None) -> Json:
    return {
        "clientID": watching.id,
        "firstSeen": moment(watching.first_seen),
        "userAgent": watching.user_agent,
        "ipAddress": watching.address,
        "geo": geo(place),
    }


def geo(place: Geo | None) -> Json | None:
    """Return the place of an address, or null for one that is not known."""
    if place is None:
        return None
    return {"countryCode": place.country_code, "regionName": place.region_name, "timeZone": place.time_zone}


def counts(samples: Iterable[Count]) -> list[Json]:
    return [{"time": moment(count.at), "value": count.viewers} for count in samples]


def log_lines(lines: Iterable[LogLine]) -> list[Json]:
    return [
        {"time": moment(line.at), "message": line.message, "level": LEVELS.get(line.level, line.level)}
        for line in lines
    ]


def platforms(names: Mapping[str, str]) -> Mapping[str, Json]:
    """Return the platforms by their keys. One without a logo has no `icon`."""
    return {key: {"platform": name, **_icon(key)} for key, name in names.items()}


def social_handles(handles: object) -> list[Json]:
    """Return the social handles of WebConfig: with an icon for those of known platforms."""
    given = handles if isinstance(handles, list) else []
    return [{**each, **_icon(str(each.get("platform", "")))} for each in given if isinstance(each, dict)]


def _icon(platform: str) -> Json:
    return {"icon": path} if (path := icon(platform)) else {}
