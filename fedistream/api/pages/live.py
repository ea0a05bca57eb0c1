"""The page of one broadcast: the watch page while it is on the air, afterwards what it was, and where the channel is.

Its address is what a notice links to. Broadcasts of other channels than the home channel have no page yet.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import cards, shapes, texts, watch
from fedistream.api.pages.alternate_links import varied
from fedistream.api.pages.context import BroadcastRecord, Broadcasts, PageContext
from fedistream.api.pages.rendering import Pages
from fedistream.api.pages.site import origin
from fedistream.broadcasts.values import LiveStatus, State
from fedistream.core.errors import NotFound

MAX_DIGITS = 18  # of an id: a BIGINT has 19, and 18 nines fit into it


@dataclass(frozen=True, slots=True)
class Past:
    """A broadcast that is over."""

    title: str
    started_at: datetime
    ended_at: datetime
    lasted: str


async def show(request: ApiRequest, page_context: PageContext) -> Response:
    """GET /live/{broadcast_id}"""
    home = page_context.channels.home()
    found, now = await find(request.parts["broadcast_id"], home.id, page_context.broadcasts), page_context.now()
    if (document := await page_context.alternate_links.answer(request, home, found.id)) is not None:
        return document
    fediverse = await page_context.alternate_links.of(home, found.id)
    if now.air.broadcast_id == found.id:
        given = watch.describe(request, page_context, now, cards.path(found.id))
        return await watch.page(page_context, {**given, "fediverse": fediverse})
    still = await page_context.stills.of(found.id)
    made = card(request, page_context, found, still, live=False)
    shown = cards.still_path(found.id) if still is not None else ""
    words = {**_ended(page_context, now.air, found), "card": made, "still": shown, "fediverse": fediverse}
    return varied(page_context.pages.page("broadcast-ended.html", words))


async def find(text: str, channel_id: int, broadcasts: Broadcasts) -> BroadcastRecord:
    """The channel's broadcast with the id that an address has. Raises NotFound."""
    # isdecimal alone is true of digits of other scripts, of which each broadcast would get more addresses
    if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS and not text.startswith("0"):
        found = await broadcasts.find(int(text))
        if found is not None and found.channel_id == channel_id:
            return found
    raise NotFound("there is no such broadcast")


def card(
    request: ApiRequest, page_context: PageContext, entry: BroadcastRecord, still: cards.Still | None, *, live: bool
) -> cards.Card:
    """The card of a broadcast, running or not."""
    pages, values = page_context.pages, page_context.values()
    here, channel, path = origin(request, values["serverurl"]), shapes.channel(values), cards.path(entry.id)
    picture = cards.picture(here, entry.id, still, channel.name, pages.translations)
    if live:
        return cards.channel(here, path, channel, picture)
    past = _past(pages, entry, channel)
    _ = pages.translations.gettext
    began = past.started_at.strftime("%Y-%m-%d %H:%M")
    description = _("{name} was live on {began} UTC, for {lasted}.").format(
        name=channel.name, began=began, lasted=past.lasted
    )
    words = {"title": past.title, "description": description}
    return cards.ended(here, path, channel, words, picture)


def _ended(page_context: PageContext, air: LiveStatus, entry: BroadcastRecord) -> dict[str, Any]:
    pages, values = page_context.pages, page_context.values()
    channel = shapes.channel(values)
    return {
        "channel": channel,
        "past": _past(pages, entry, channel),
        "live": air.state is not State.OFFLINE,
        "nsfw": bool(values["nsfw"]),
        "indexed": not values["disablesearchindexing"],
        "page_data": {"lang": pages.language, "texts": texts.ended(pages.translations)},
    }


def _past(pages: Pages, entry: BroadcastRecord, channel: shapes.Channel) -> Past:
    # without an end: the process that saw it died, and the next one has not read the rows yet
    ended_at = entry.ended_at or entry.seen_at
    lasted = texts.duration(pages.translations, ended_at - entry.started_at)
    return Past(entry.title or channel.name, entry.started_at, ended_at, lasted)
