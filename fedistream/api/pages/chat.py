"""The chat on the pages: what its modules are told, and its frames for other sites. Who says what is the socket's."""

from collections.abc import Mapping

from starlette.responses import RedirectResponse, Response

from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.config_shapes import MAX_SOCKET_PAYLOAD
from fedistream.api.pages import shapes, texts
from fedistream.api.pages.csp import Frame
from fedistream.api.pages.custom import files
from fedistream.api.pages.rendering import Pages
from fedistream.api.pages.schedule import event_page
from fedistream.api.pages.services import CHAT_SETTINGS, PagesServices
from fedistream.api.pages.site import origin
from fedistream.broadcasts.values import State
from fedistream.core.errors import NotFound

READ_WRITE = "readwrite"
READ_ONLY = "readonly"
OVERLAY = "overlay"  # for OBS: the messages on a transparent background
SHOWN = (
    *(
        "channel.name",
        "channel.title",
        "channel.summary",
        "channel.offline_message",
        "channel.page_content",
        "channel.tags",
        "channel.social_handles",
    ),
    *("channel.hide_viewer_count", *CHAT_SETTINGS),
)
EMOJI = "vendor/emoji-picker.js"
EMOJI_NAMES = "vendor/emoji-en.json"
URLS = {
    "socket": "/ws",
    "register": "/api/chat/register",
    "messages": "/api/chat",
    "visibility": "/api/chat/messagevisibility",
    "userEnabled": "/api/chat/users/setenabled",
    "userDetails": "/api/moderation/chat/user/",  # followed by the id
    "reply": "/api/chat/replies/answer",
    "block": "/api/chat/replies/block",
    "emoji": "/api/emoji",
    "emojiImages": "/img/emoji/",  # the path under which they are
    "sendCode": "/api/auth/fediverse",
    "verifyCode": "/api/auth/fediverse/verify",
    "indieAuth": "/api/auth/indieauth",
}
"""What the modules of the chat ask for."""
COLOURS = 8
MAX_NAME = 30  # characters, Owncast's number


def template_values(mode: str, values: Mapping[str, object]) -> dict[str, object]:
    """Return what the template of a chat needs to know."""
    # signing in leads back to the public URL, and codes are sent from there, so there has to be one
    website = bool(values["node.public_url"])
    account = website and bool(values["federation.enabled"])
    return {"mode": mode, "website": website, "account": account, "colours": range(COLOURS), "max_name": MAX_NAME}


def module_data(pages: Pages, values: Mapping[str, object], words: Mapping[str, str]) -> dict[str, object]:
    """Return what the modules of a chat need to know, beside the page's own data; `words` are the texts that it has."""
    emoji = {"module": pages.url(EMOJI), "data": pages.url(EMOJI_NAMES)}
    chat = {
        "maxBytes": MAX_SOCKET_PAYLOAD,
        "afterSeconds": values["chat.offline_s"],
        "signedInOnly": values["chat.signed_in_only"],
        "emoji": emoji,
        "urls": URLS,
    }
    return {"chat": chat, "texts": {**words, **texts.chat(pages.translations)}}


async def read_only(request: ApiRequest, services: PagesServices) -> Response:
    """GET /embed/chat/readonly"""
    return _frame(request, services, READ_ONLY)


async def read_write(request: ApiRequest, services: PagesServices) -> Response:
    """GET /embed/chat/readwrite"""
    return _frame(request, services, READ_WRITE)


async def overlay(request: ApiRequest, services: PagesServices) -> Response:
    """GET /embed/chat/overlay. `?fade=20` lets each line go after so many seconds."""
    return _frame(request, services, OVERLAY)


async def to_read_only(request: ApiRequest, services: PagesServices) -> Response:
    """GET /embed/chat"""
    return RedirectResponse("/embed/chat/readonly", 307)


def _frame(request: ApiRequest, services: PagesServices, mode: str) -> Response:
    channel_id = request.channel.id
    values = {name: services.settings.value(name, channel_id) for name in SHOWN}
    if not values["chat.enabled"]:
        raise NotFound(RequestProblem.NO_CHAT)
    channel, live_status = shapes.channel(values), services.broadcasts.live_status(channel_id)
    shown = {
        "channel": channel,
        "page_title": channel.name,
        "origin": origin(request, values["node.public_url"]),
        "live": live_status.state is not State.OFFLINE,
        "chat": template_values(mode, values),
        "custom_stylesheet": files.stylesheet_url(services, channel_id),
        "page_data": {
            "lang": services.pages.language,
            "name": channel.name,
            "urls": shapes.URLS,
            "status": {
                **shapes.status(live_status, 0, channel.title, hide_viewers=True),
                **event_page.of_status(services, channel_id),
            },
            **module_data(services.pages, values, {}),
        },
    }
    return services.pages.page("chat.html", shown, frame=Frame.ANYBODY)
