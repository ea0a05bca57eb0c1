"""The values that templates and JavaScript modules read, made from the node's values. Pure."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup

from fedistream.api.owncast.shapes import codec
from fedistream.api.owncast.social_platforms import PLATFORMS, icon
from fedistream.broadcasts.values import Encoder, LiveStatus, State
from fedistream.channels.values import StreamKey
from fedistream.core.markdown import render_page

MAX_DESCRIPTION = 300  # characters; sites cut previews at about 200
MARK_LENGTH = 12

URLS = {
    "status": "/api/status",
    "ping": "/api/ping",
    "reports": "/api/metrics/cmcd",
    "hls": "/hls/stream.m3u8",
    "logo": "/logo",
    "schedule": "/api/schedule",
}
"""What the modules of a page with a player ask for."""

PUSH_URLS = {
    "register": "/api/notifications/register",
    "unregister": "/api/notifications/unregister",
    "visitor": "/api/chat/register",
}
"""Calls of the button for notifications, beside the key."""


@dataclass(frozen=True, slots=True)
class Link:
    """`icon` is the path of the platform's logo, "" without one."""

    label: str
    url: str
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """The streamer's description of the channel. Markup is rendered and sanitised."""

    name: str
    title: str
    summary: Markup
    description: str
    offline_message: Markup
    page_content: Markup
    tags: Sequence[str]
    links: Sequence[Link]


def channel(values: Mapping[str, object]) -> Channel:
    """Return the channel's description from its settings by name."""
    summary = _text(values["channel.summary"])
    return Channel(
        name=_text(values["channel.name"]),
        title=_text(values["channel.title"]),
        summary=_markup(summary),
        description=" ".join(_markup(summary).striptags().split())[:MAX_DESCRIPTION],
        offline_message=_markup(_text(values["channel.offline_message"])),
        page_content=_markup(_text(values["channel.page_content"])),
        tags=[tag for tag in _items(values["channel.tags"]) if isinstance(tag, str)],
        links=[link for link in map(_link, _items(values["channel.social_handles"])) if link is not None],
    )


def status(live_status: LiveStatus, viewers: int, title: str, *, hide_viewers: bool) -> dict[str, object]:
    """Return the members of /api/status that status-poller.js reads, so that the page needs no request at its start."""
    shape: dict[str, object] = {
        "state": live_status.state.value,
        "online": live_status.state is not State.OFFLINE,
        "streamTitle": title,
        "lastConnectTime": _moment(live_status.started_at or live_status.last_started_at),
        "lastDisconnectTime": _moment(live_status.last_ended_at),
    }
    if not hide_viewers:
        shape["viewerCount"] = viewers if live_status.state is not State.OFFLINE else 0
    return shape


def first_state(live_status: LiveStatus) -> str:
    """Return the state in which the page begins: when live, the player has to load first."""
    return "starting" if live_status.state is State.LIVE else live_status.state.value


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _items(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()


def _markup(markdown: str) -> Markup:
    return Markup(render_page(markdown))  # noqa: S704 - render_page() escapes and sanitises


def _link(handle: object) -> Link | None:
    if not isinstance(handle, Mapping):
        return None
    platform, url = _text(handle.get("platform")), _text(handle.get("url"))
    # the settings check it too; in an href a javascript: URL would run
    if not url.lower().startswith(("https://", "http://", "mailto:", "xmpp:", "matrix:")):
        return None
    return Link(PLATFORMS.get(platform, platform or url), url, icon(platform))


@dataclass(frozen=True, slots=True)
class ShownKey:
    """`mark` names the key in a form without being the key."""

    key: str
    comment: str
    mark: str


def shown_keys(given: Sequence[StreamKey]) -> list[ShownKey]:
    return [
        ShownKey(each.key, each.comment, hashlib.sha256(each.key.encode()).hexdigest()[:MARK_LENGTH]) for each in given
    ]


def figures(encoder: Encoder | None, _: Callable[[str], str]) -> list[tuple[str, str]]:
    """Return labels and values of the encoder's details. Unknown ones are left out."""
    if encoder is None:
        return []
    size = f"{encoder.width} × {encoder.height}" if encoder.width and encoder.height else ""
    found = (
        (_("Resolution"), size),
        (_("Frame rate"), f"{encoder.framerate:g}" if encoder.framerate else ""),
        (_("Video"), _stream(encoder.video_codec, encoder.video_kbps)),
        (_("Audio"), _stream(encoder.audio_codec, encoder.audio_kbps)),
        (_("Encoder"), encoder.software),
        (_("Address"), encoder.address),
    )
    return [(label, value) for label, value in found if value]


def _stream(name: str, kbps: int) -> str:
    return ", ".join(filter(None, (codec(name), f"{kbps} kbit/s" if kbps else "")))
