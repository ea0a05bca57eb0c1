"""The pages of scheduled broadcasts, and what the watch page shows of them."""

from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.schedule import status_event
from fedistream.api.pages import shapes, texts
from fedistream.api.pages.custom import files
from fedistream.api.pages.services import PagesServices
from fedistream.core.markdown import render_page

SHOWN = 5
FEED = "/api/schedule.ics"
PATH = "/schedule/"


def following(services: PagesServices, channel_id: int) -> dict[str, Any] | None:
    """Return the next broadcasts for the watch page, or None while the schedule is disabled."""
    if not services.settings.value("schedule.enabled", channel_id):
        return None
    return {
        "events": services.schedule.upcoming.all(channel_id, SHOWN),
        "countdown": bool(services.settings.value("schedule.show_countdown", channel_id)),
        "now": services.schedule.now(),
        "feed": FEED,
        "path": PATH,
    }


def of_status(services: PagesServices, channel_id: int) -> dict[str, Any]:
    """Return what a page's first status says of the schedule, as /api/status does."""
    upcoming = services.schedule.upcoming
    event = upcoming.next(channel_id)
    return {} if event is None else {"scheduledEvent": status_event(event, upcoming.opens_chat(channel_id))}


async def show(request: ApiRequest, services: PagesServices) -> Response:
    """GET /schedule/{event_id}"""
    event = await services.schedule.find(request.channel.id, request.parts["event_id"])
    pages, values = services.pages, services.values(request.channel.id)
    channel = await services.alternate_links.of(request.channel)
    document = f"/federation/event/{event.id}" if channel else ""
    shown = {
        "channel": shapes.channel(values),
        "fediverse": {"document": document, "creator": channel.creator} if channel else None,
        "event": event,
        "now": services.schedule.now(),
        "description": Markup(render_page(event.description)),  # noqa: S704 - sanitised as it is rendered
        "feed": FEED,
        "custom_stylesheet": files.stylesheet_url(services, request.channel.id),
        "indexed": not values["node.disable_search_indexing"],
        "nsfw": bool(values["channel.nsfw"]),
        "page_data": {"lang": pages.language, "texts": texts.ended(pages.translations)},
    }
    return pages.page("scheduled.html", shown)
