"""The page of one broadcast: the watch page while it is on the air, afterwards what it was, and where the channel is.

Its address is what a notice links to. Broadcasts of other channels than the home channel have no page yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from starlette.responses import Response

from fedistream.api.ask import Ask
from fedistream.api.pages import cards, shapes, texts, watch
from fedistream.api.pages.rendering import Pages
from fedistream.api.pages.site import origin
from fedistream.broadcasts.air import Air, State
from fedistream.errors import NotFound

PREFIX = "/live/"
MAX_DIGITS = 18  # of an id: a BIGINT has 19, and 18 nines fit into it


class Entry(Protocol):
    """A broadcast as it was written down."""

    @property
    def id(self) -> int: ...
    @property
    def channel_id(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def seen_at(self) -> datetime: ...
    @property
    def ended_at(self) -> datetime | None: ...


class Broadcasts(Protocol):
    def air(self, channel_id: int) -> Air: ...
    async def find(self, broadcast_id: int) -> Entry | None: ...


@dataclass(frozen=True, slots=True)
class Past:
    """A broadcast that is over."""

    title: str
    started_at: datetime
    ended_at: datetime
    lasted: str


def path(broadcast_id: int) -> str:
    """Where the page of a broadcast is, below the node's address."""
    return f"{PREFIX}{broadcast_id}"


async def show(
    ask: Ask,
    pages: Pages,
    channels: watch.Channels,
    settings: watch.Settings,
    broadcasts: Broadcasts,
    viewers: watch.Viewers,
    invitations: watch.Invitations,
) -> Response:
    """GET /live/{broadcast_id}"""
    home = channels.home().id
    values = {name: settings.value(name, home) for name in watch.SHOWN}
    found = await find(ask.parts["broadcast_id"], home, broadcasts)
    air = broadcasts.air(home)
    if air.broadcast_id == found.id:
        given = watch.describe(ask, pages, values, air, viewers.count(home), path(found.id))
        return watch.page(pages, values, given, await invitations.of(channels.home()))
    return pages.page("ended.html", _ended(ask, pages, values, air, found))


async def find(text: str, channel_id: int, broadcasts: Broadcasts) -> Entry:
    """The channel's broadcast with the id that an address has. Raises NotFound."""
    # isdecimal alone is true of digits of other scripts, of which each broadcast would get more addresses
    if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS and not text.startswith("0"):
        found = await broadcasts.find(int(text))
        if found is not None and found.channel_id == channel_id:
            return found
    raise NotFound("there is no such broadcast")


def card(ask: Ask, pages: Pages, values: Mapping[str, object], air: Air, entry: Entry) -> cards.Card:
    """The card of a broadcast, running or not."""
    here, channel = origin(ask, values["serverurl"]), shapes.channel(values)
    picture = cards.logo(here, channel.name, pages.translations)
    if air.broadcast_id == entry.id:
        return cards.channel(here, path(entry.id), channel, picture)
    past = _past(pages, entry, channel)
    _ = pages.translations.gettext
    began = past.started_at.strftime("%Y-%m-%d %H:%M")
    description = _("{name} was live on {began} UTC, for {lasted}.").format(
        name=channel.name, began=began, lasted=past.lasted
    )
    words = {"title": past.title, "description": description}
    return cards.ended(here, path(entry.id), channel, words, picture)


def _ended(ask: Ask, pages: Pages, values: Mapping[str, object], air: Air, entry: Entry) -> dict[str, Any]:
    channel = shapes.channel(values)
    return {
        "channel": channel,
        "past": _past(pages, entry, channel),
        "live": air.state is not State.OFFLINE,
        "nsfw": bool(values["nsfw"]),
        "indexed": not values["disablesearchindexing"],
        "card": card(ask, pages, values, air, entry),
        "page_data": {"lang": pages.language, "texts": texts.ended(pages.translations)},
    }


def _past(pages: Pages, entry: Entry, channel: shapes.Channel) -> Past:
    # without an end: the process that saw it died, and the next one has not read the rows yet
    ended_at = entry.ended_at or entry.seen_at
    lasted = texts.duration(pages.translations, ended_at - entry.started_at)
    return Past(entry.title or channel.name, entry.started_at, ended_at, lasted)
