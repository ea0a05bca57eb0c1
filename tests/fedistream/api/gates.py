"""Every route of the node and who may use it, written out by hand: what the tables of the faces say is held against it.

A route without a row fails the tests, and so does a row without a route.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """`knock` is a path to try when `path` has named parts."""

    method: str
    path: str
    who: str
    knock: str = ""

    @property
    def target(self) -> str:
        return self.knock or self.path


def rows(who: str, *calls: str) -> Iterable[Row]:
    """Rows from "METHOD /path" texts."""
    for call in calls:
        method, path = call.split(" ")
        yield Row(method, path, who)


OPS = rows("anyone", "GET /healthz", "GET /readyz")

OWNCAST_PUBLIC = rows(
    "anyone",
    "GET /api/status",
    "GET /api/config",
    "GET /api/ping",
    "GET /api/video/variants",
    "GET /api/socialplatforms",
)

OWNCAST_ADMIN = rows(
    "admin",
    "GET /api/admin/status",
    "GET /api/admin/serverconfig",
    "GET /api/admin/viewers",
    "GET /api/admin/viewersOverTime",
    "GET /api/admin/logs",
    "GET /api/admin/logs/warnings",
    "GET /api/admin/disconnect",
    "POST /api/admin/disconnect",
)

OWNCAST_SETTERS = rows(
    "admin",
    "POST /api/admin/config/adminpass",
    "POST /api/admin/config/streamkeys",
    "POST /api/admin/config/key",
    "POST /api/admin/config/name",
    "POST /api/admin/config/serversummary",
    "POST /api/admin/config/streamtitle",
    "POST /api/admin/config/offlinemessage",
    "POST /api/admin/config/pagecontent",
    "POST /api/admin/config/tags",
    "POST /api/admin/config/nsfw",
    "POST /api/admin/config/socialhandles",
    "POST /api/admin/config/hideviewercount",
    "POST /api/admin/config/serverurl",
    "POST /api/admin/config/disablesearchindexing",
    "POST /api/admin/config/chat/disable",
    "POST /api/admin/config/chat/joinmessagesenabled",
    "POST /api/admin/config/chat/establishedusermode",
    "POST /api/admin/config/chat/requireauthentication",
    "POST /api/admin/config/chat/spamprotectionenabled",
    "POST /api/admin/config/chat/slurfilterenabled",
    "POST /api/admin/config/chat/forbiddenusernames",
    "POST /api/admin/config/chat/suggestedusernames",
    "POST /api/admin/config/welcomemessage",
)

PAGES = (
    *rows("anyone", "GET /", "GET /embed/video", "GET /logo", "GET /favicon.ico", "GET /admin"),
    *rows("anyone", "GET /embed/chat", "GET /embed/chat/", "GET /embed/chat/readonly", "GET /embed/chat/readwrite"),
    *rows("anyone", "GET /embed/chat/overlay"),
    Row("GET", "/static/{edition}/{name:path}", "anyone", knock="/static/0/css/none.css"),
)

PAGES_ADMIN = rows(
    "admin",
    "GET /admin/",
    "GET /admin/live",
    "POST /admin/title",
    "POST /admin/channel",
    "POST /admin/disconnect",
    "POST /admin/keys/add",
    "POST /admin/keys/renew",
    "POST /admin/keys/remove",
    "POST /admin/password",
)

ROWS: tuple[Row, ...] = (*OPS, *OWNCAST_PUBLIC, *OWNCAST_ADMIN, *OWNCAST_SETTERS, *PAGES, *PAGES_ADMIN)

# HLS is in no table of entries: one ASGI application answers everything below /hls/
RAW: tuple[Row, ...] = tuple(
    rows(
        "anyone", "GET /hls/stream.m3u8", "GET /hls/0/stream.m3u8", "GET /hls/other/stream.m3u8", "GET /hls/0/none.m4s"
    )
)
