"""The page of a post, for people who follow its URL. A notice has the page of its broadcast instead."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import shapes, texts
from fedistream.api.pages.custom import files
from fedistream.api.pages.services import PagesServices
from fedistream.federation.remote_html import beginning


async def show(request: ApiRequest, services: PagesServices, document: Mapping[str, Any]) -> Response:
    """`document` is the post as others read it."""
    pages, values = services.pages, services.values(request.channel.id)
    channel = await services.alternate_links.of(request.channel)
    content = str(document.get("content") or "")
    shown = {
        "channel": shapes.channel(values),
        "fediverse": {"document": document["id"], "creator": channel.creator if channel else ""},
        "beginning": beginning(content),
        "content": Markup(content),  # noqa: S704 - sanitised when it was written
        "warning": document.get("summary") or "",
        "sensitive": bool(document.get("sensitive")),
        "pictures": [each for each in document.get("attachment", ()) if each.get("type") == "Image"],
        "published": datetime.fromisoformat(document["published"]),
        "likes": document["likes"]["totalItems"],
        "shares": document["shares"]["totalItems"],
        "replies": document["replies"]["totalItems"],
        "url": document["id"],
        "custom_stylesheet": files.stylesheet_url(services, request.channel.id),
        "nsfw": bool(values["channel.nsfw"]),
        "indexed": not values["node.disable_search_indexing"],
        "page_data": {"lang": pages.language, "texts": texts.ended(pages.translations)},
    }
    return pages.page("post.html", shown)
