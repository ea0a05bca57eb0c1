"""The faces in the document: their endpoints, their tags, and the form of their errors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fedistream.api import ops, prometheus
from fedistream.api.admin import routes as admin
from fedistream.api.fediverse import routes as fediverse
from fedistream.api.http.endpoints import Endpoint
from fedistream.api.openapi import face as documentation
from fedistream.api.openapi.operation import Content
from fedistream.api.openapi.owncast_shapes import Base, Refused
from fedistream.api.owncast import routes as owncast
from fedistream.api.owncast.errors import ADMIN, SETTERS, SIGN_IN
from fedistream.api.pages import routes as pages
from fedistream.api.pages.admin import routes as admin_pages
from fedistream.api.pages.sign_in import routes as sign_in

TEXT = Content("text/plain")
EITHER = (TEXT, Content("text/html"))


@dataclass(frozen=True, slots=True)
class Face:
    """Endpoints with one kind of errors. `tag(path)` is the group of a call, `wrong` the status of a wrong value."""

    endpoints: Sequence[Endpoint[Any]]
    tag: Callable[[str], str]
    error: Callable[[str], object]
    wrong: int = 400
    owncast: bool = False


STREAM, CHAT, SETTINGS, ADMIN_CALLS = "Stream", "Chat and sign-in", "Settings", "Admin"
INTEGRATIONS, OURS, FEDIVERSE = "Integrations", "Admin, beyond Owncast", "Fediverse"
VIDEO, PAGES, ADMIN_PAGES, OPERATION = "Video", "Pages and files", "Admin pages", "Operation"
WEBHOOKS = "Webhooks"

TAGS: Mapping[str, str] = {
    STREAM: "Calls of Owncast's API that need no permission.",
    VIDEO: "HLS with low latency (RFC 8216bis). Players need nothing else.",
    CHAT: "Calls of Owncast's API for visitors of the chat and for moderators.",
    WEBHOOKS: "What the node sends to the addresses of an admin's webhooks, by the name of the event.",
    INTEGRATIONS: "Calls of Owncast's API for programs with an access token.",
    ADMIN_CALLS: "Calls of Owncast's API for the admin.",
    SETTINGS: 'Owncast\'s setters: each takes `{"value": X}`.',
    OURS: "Our own calls for the admin and moderators, in the form of Owncast's.",
    FEDIVERSE: "Documents and inboxes for other servers. Signatures are verified inside.",
    OPERATION: "For supervisors, load balancers, Prometheus and readers of this document.",
    PAGES: "For browsers.",
    ADMIN_PAGES: "For the admin's browser. Programs use the calls.",
}
"""The groups of calls, in the order in which they are shown."""

PREFIXES: Mapping[str, str] = {
    SETTERS: SETTINGS,
    ADMIN: ADMIN_CALLS,
    "/api/integrations/": INTEGRATIONS,
    "/api/chat": CHAT,
    "/api/moderation/": CHAT,
    SIGN_IN: CHAT,
    "/api/emoji": CHAT,
    "/img/": CHAT,
}


def _owncast_tag(path: str) -> str:
    return next((tag for prefix, tag in PREFIXES.items() if path.startswith(prefix)), STREAM)


def envelope(path: str) -> object:
    """Return the shape of an error under `/api/`, as Owncast has it."""
    return Base if path.startswith((ADMIN, SIGN_IN)) else Refused


FACES = (
    Face(owncast.ENDPOINTS, _owncast_tag, envelope, owncast=True),
    Face(admin.ENDPOINTS, lambda path: OURS if path.startswith(ADMIN) else CHAT, envelope),
    Face(fediverse.ENDPOINTS, lambda path: FEDIVERSE, lambda path: TEXT),
    Face((*ops.ENDPOINTS, *prometheus.ENDPOINTS), lambda path: OPERATION, lambda path: TEXT),
    Face(documentation.ENDPOINTS, lambda path: OPERATION, envelope),
    Face(sign_in.ENDPOINTS, lambda path: CHAT, lambda path: EITHER, 422),
    Face(pages.ENDPOINTS, lambda path: PAGES, lambda path: EITHER, 422),
    Face(admin_pages.ENDPOINTS, lambda path: ADMIN_PAGES, lambda path: EITHER, 422),
)
