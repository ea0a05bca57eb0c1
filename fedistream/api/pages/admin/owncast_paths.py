"""Redirects from the paths of Owncast's admin pages, which people have bookmarked, to the matching pages of ours."""

from collections.abc import Mapping

from starlette.responses import RedirectResponse, Response

from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin import (
    chat,
    emoji,
    featured,
    federation,
    followers,
    messages,
    tokens,
    visitors,
    webhooks,
)
from fedistream.api.pages.admin.config.sections import PAGE
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.health import page as health
from fedistream.core.errors import NotFound

ANY = "/admin/{path:path}"
STREAM = "/admin/"
STREAM_KEYS = "config/streamkeys"  # which the path of a section would take
PATHS: Mapping[str, str] = {
    "config-public-details": f"{PAGE}general",
    "config-server-details": f"{PAGE}server",
    "config-social-items": STREAM,
    "config-video": f"{PAGE}video",
    "config-storage": f"{PAGE}storage",
    "config-featured": featured.PAGE,
    "config/general": f"{PAGE}general",
    "config/server": f"{PAGE}server",
    "config-chat": chat.PAGE,
    "config-federation": federation.PAGE,
    "config-notify": f"{PAGE}notifications",
    "access-tokens": tokens.PAGE,
    "chat/messages": messages.PAGE,
    "chat/users": visitors.PAGE,
    "users": visitors.PAGE,
    "chat/emojis": emoji.PAGE,
    "emoji": emoji.PAGE,
    "federation/followers": followers.PAGE,
    "federation/actions": federation.PAGE,
    "federation": federation.PAGE,
    "viewer-info": health.PAGE,
    "hardware-info": health.PAGE,
    "stream-health": health.PAGE,
    "logs": health.PAGE,
    "upgrade": STREAM,
    "help": STREAM,
    "webhooks": webhooks.PAGE,
    "actions": f"{PAGE}actions",
    "config/appearance": f"{PAGE}appearance",
    "config/actions": f"{PAGE}actions",
    "config/video": f"{PAGE}video",
    "config/storage": f"{PAGE}storage",
    "config/notifications": f"{PAGE}notifications",
    STREAM_KEYS: STREAM,
    "config": f"{PAGE}general",
    "clips": STREAM,
    "plugins": STREAM,
    "plugins/configure": STREAM,
    # of the first releases
    "broadcast-info": STREAM,
    "offline-notice": STREAM,
    "update-server-config": f"{PAGE}server",
    "video-config": f"{PAGE}video",
    "storage": f"{PAGE}storage",
    "chat": chat.PAGE,
}


async def redirect(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/{path}, and the path of the stream keys: lead to our page.

    Every path asks for the password first, so that nobody learns which exist.

    Raises NotFound for a path that neither Owncast nor this node has.
    """
    path = request.path.removeprefix(STREAM).strip("/")
    target = PATHS.get(path)
    if target is None:
        raise NotFound(RequestProblem.NO_PAGE)
    return RedirectResponse(target, 302)
