"""The operations of pages and files. Those of an admin page follow from its endpoint: they are for browsers."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fedistream.api.http.endpoints import Endpoint
from fedistream.api.openapi.operation import Content, Operation, Query
from fedistream.api.openapi.owncast_shapes import IndieAuthResponse, OAuthError
from fedistream.api.openapi.schema import Keywords
from fedistream.api.pages import files, follow, live, oembed, pictures, site_files, watch
from fedistream.api.pages.custom import files as custom_files
from fedistream.api.pages.schedule import event_page
from fedistream.api.pages.sign_in import provider
from fedistream.signin.provider import ENDPOINT

HTML = Content("text/html")
EMPTY = Content("")
FORM = Content("application/x-www-form-urlencoded", {"type": "object", "additionalProperties": {"type": "string"}})
FILES = Content("multipart/form-data", {"type": "object"})
IMAGE = Content("image/*", None)
SIDE = Annotated[int, Keywords(minimum=oembed.MIN_SIDE, maximum=oembed.MAX_SIDE)]
EITHER = (Content("text/plain"), HTML)
KEPT: dict[int, object] = {304: EMPTY}
MISSING: dict[int, object] = {404: EITHER}

OPERATIONS: Mapping[object, Operation] = {
    watch.watch: Operation("The page with the stream and the chat", (HTML, Content("application/activity+json", None))),
    watch.embed: Operation("The player, for a frame on another site", HTML),
    live.show: Operation("The page of a broadcast", (HTML, Content("application/activity+json", None)), others=KEPT),
    event_page.show: Operation("The page of a scheduled broadcast", HTML),
    pictures.of_broadcast: Operation("The newest picture of a broadcast", Content("image/jpeg", None), others=KEPT),
    pictures.thumbnail: Operation("The newest picture of the stream, or the logo", IMAGE, others=KEPT),
    pictures.preview: Operation(
        "A moving picture of the stream", Content("image/gif", None), others=KEPT | {302: EMPTY}
    ),
    oembed.show: Operation(
        "Describe a page for embedding (oEmbed)",
        dict[str, Any],
        (
            Query("url", Annotated[str, Keywords(format="uri")], required=True),
            Query("format", Literal["json"]),
            Query("maxwidth", SIDE),
            Query("maxheight", SIDE),
        ),
        others=MISSING,
    ),
    # 404 while federation is off
    follow.show: Operation("The page for following from another server", HTML, others=MISSING),
    follow.find: Operation("Look up the server of an account", HTML, body=FORM, others=MISSING | {429: EITHER}),
    follow.picture: Operation("The QR code of the actor", Content("image/svg+xml"), others=MISSING),
    files.file: Operation("A file of the pages", Content("*/*", None), others={302: EMPTY}),
    files.logo: Operation("The logo", IMAGE, others=KEPT),
    files.favicon: Operation("The favicon", IMAGE, others=KEPT),
    files.platform_logo: Operation("The logo of a platform", IMAGE),
    files.public: Operation("A file that the operator publishes", Content("*/*", None)),
    custom_files.stylesheet: Operation("The operator's styles", Content("text/css"), others={302: EMPTY}),
    custom_files.script: Operation("The operator's script", Content("text/javascript"), others=KEPT),
    custom_files.action_html: Operation("The HTML of a button of the page", HTML),
    site_files.service_worker: Operation("The service worker for notifications", Content("text/javascript")),
    site_files.robots: Operation("What robots may visit (RFC 9309)", Content("text/plain")),
    site_files.manifest: Operation(
        "The name and icon for a home screen", Content("application/manifest+json", dict[str, Any])
    ),
    provider.metadata: Operation("Describe the sign-in elsewhere with the node's address (RFC 8414)", dict[str, Any]),
    provider.authorize: Operation(
        "Sign in elsewhere with the node's address (IndieAuth)",
        HTML,
        tuple(
            Query(name, required=name in ("client_id", "redirect_uri", "code_challenge", "state"))
            for name in ("client_id", "redirect_uri", "code_challenge", "code_challenge_method", "state", "me")
        ),
        others={307: EMPTY, 400: Content("text/plain")},
    ),
    provider.redeem: Operation("Redeem the code of a sign-in", IndieAuthResponse, body=FORM, others={400: OAuthError}),
}


def derived(endpoint: Endpoint[Any]) -> Operation:
    """Return the operation of a page, or of a form on it."""
    page = endpoint.path.removeprefix("/admin").strip("/") or "the first page"
    of = "the admin" if endpoint.path.startswith("/admin") else "the site"
    if endpoint.path == ENDPOINT or endpoint.method != "GET":
        return Operation(
            f"A form of {of}: {page}", HTML, body=(FORM, FILES), others={303: EMPTY, 409: EITHER, 429: EITHER}
        )
    # 302 for a bookmark of Owncast's admin, 404 for what is switched off, for example a chat
    return Operation(
        f"A page of {of}: {page}",
        HTML,
        others={301: EMPTY, 302: EMPTY, 303: EMPTY, 307: EMPTY, 404: EITHER},
    )
