"""The watch page and the embedded player. While they are open, their modules request what changes.

The page of a single broadcast is in `live.py`: during the broadcast it is the watch page under another URL.
"""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import cards, chat, follow, shapes, texts
from fedistream.api.pages.alternate_links import varied
from fedistream.api.pages.csp import Frame
from fedistream.api.pages.custom import files
from fedistream.api.pages.custom.actions import actions
from fedistream.api.pages.custom.styles import edition
from fedistream.api.pages.schedule import event_page
from fedistream.api.pages.services import Now, PagesServices
from fedistream.api.pages.site import origin
from fedistream.broadcasts.values import State

POSTER = "/thumbnail.jpg"


async def watch(request: ApiRequest, services: PagesServices) -> Response:
    """GET /"""
    channel = request.channel
    if (document := await services.alternate_links.answer(request, channel)) is not None:
        return document
    return await page(
        request,
        services,
        {
            **describe(request, services, services.now(channel.id)),
            "fediverse": await services.alternate_links.of(channel),
        },
    )


async def embed(request: ApiRequest, services: PagesServices) -> Response:
    """GET /embed/video"""
    return services.pages.page(
        "embed.html", describe(request, services, services.now(request.channel.id)), frame=Frame.ANYBODY
    )


async def page(request: ApiRequest, services: PagesServices, given: Mapping[str, Any]) -> Response:
    """Return the watch page: with the chat if it is enabled, the follow box if federation is on, and the featured
    streams."""
    pages, values = services.pages, services.values(request.channel.id)
    invitation = await services.follow_invitations.of(request.channel)
    shown = {**given, "invitation": invitation, "featured": await services.featured.shown()}
    shown["schedule"] = event_page.following(services, request.channel.id)
    if invitation is not None:
        data = shown["page_data"]
        words = {**data["texts"], **texts.follow(pages.translations)}
        shown["page_data"] = {**data, "urls": {**data["urls"], **follow.URLS}, "texts": words}
    shown["push"] = key = await services.notifications.subscriptions.public_key(request.channel.id)
    if key:
        data = shown["page_data"]
        urls = {**data["urls"], "push": {"key": key, **shapes.PUSH_URLS}}
        shown["page_data"] = {**data, "urls": urls, "texts": {**data["texts"], **texts.bell(pages.translations)}}
    if values["chat.enabled"]:
        shown["chat"] = chat.template_values(chat.READ_WRITE, values)
        shown["page_data"] = {**shown["page_data"], **chat.module_data(pages, values, shown["page_data"]["texts"])}
    buttons = actions(values["page.external_actions"])
    script = str(values["page.custom_javascript"])
    shown |= {
        "actions": buttons,
        "custom_script": f"{files.SCRIPT}?v={edition(script)}" if script else "",
    }
    return varied(pages.page("watch.html", shown, frames_others=any(each.framed for each in buttons)))


def describe(request: ApiRequest, services: PagesServices, now: Now, path: str = "/") -> dict[str, Any]:
    """Return the variables of the templates with a player; `path` is the page's canonical path."""
    pages, values, live_status, viewers = (
        services.pages,
        services.values(request.channel.id),
        now.live_status,
        now.viewers,
    )
    channel = shapes.channel(values)
    here = origin(request, values["node.public_url"])
    picture = cards.picture(here, live_status.broadcast_id, now.still, channel.name, pages.translations)
    # the warnings of the last broadcast ended with it
    title = (live_status.state is not State.OFFLINE and channel.title) or channel.name
    words = texts.watch(pages.translations)
    status = shapes.status(live_status, viewers, channel.title, hide_viewers=bool(values["channel.hide_viewer_count"]))
    status |= event_page.of_status(services, request.channel.id)
    count = pages.translations.ngettext("{n} viewer", "{n} viewers", viewers)
    pattern = words["title.offline" if live_status.state is State.OFFLINE else "title.live"]
    return {
        "channel": channel,
        "chat": None,
        "invitation": None,
        "push": "",
        "fediverse": None,
        "live_status": live_status,
        "state": shapes.first_state(live_status),
        "live": live_status.state is not State.OFFLINE,
        "badge": words[f"badge.{live_status.state.value}"],
        "title": title,
        "page_title": pattern.format(title=title, name=channel.name),
        "viewers_text": count.format(n=viewers),
        "status": status,
        "nsfw": bool(values["channel.nsfw"]),
        "indexed": not values["node.disable_search_indexing"],
        "urls": shapes.URLS,
        "custom_stylesheet": files.stylesheet_url(services, request.channel.id),
        "poster": POSTER if now.still is not None else "",
        "origin": here,
        "card": cards.channel(here, path, channel, picture),
        "page_data": {
            "lang": pages.language,
            "name": channel.name,
            "urls": shapes.URLS,
            "status": status,
            "autoplay": values["page.autoplay"],
            "texts": words,
        },
    }
