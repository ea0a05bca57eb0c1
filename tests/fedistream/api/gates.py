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
)

ROWS: tuple[Row, ...] = (*OPS, *OWNCAST_PUBLIC, *OWNCAST_ADMIN, *OWNCAST_SETTERS)
