"""What is on its way to other servers: how much, which of them do not answer, and "try it now"."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.context import AdminContext, AdminPage, done, number, page
from fedistream.api.pages.forms import form
from fedistream.jobs.admin import HostStats, QueuedJob, QueueStats

PAGE = "/admin/federation/deliveries"
SHEET = AdminPage("admin/deliveries.html", PAGE)
MOST = 100  # rows of each list; who has more trouble than that looks at the hosts


class OutboxAdmin(Protocol):
    async def numbers(self) -> QueueStats: ...
    async def hosts(self, limit: int) -> tuple[HostStats, ...]: ...
    async def troubled(self, state: str, limit: int) -> tuple[QueuedJob, ...]: ...
    async def retry_now(self, *, ids: Sequence[int] = (), host: str = "") -> int: ...


async def show(request: ApiRequest, context: AdminContext, outbox_admin: OutboxAdmin) -> Response:
    """GET /admin/federation/deliveries"""
    shown = {
        "numbers": await outbox_admin.numbers(),
        "hosts": await outbox_admin.hosts(MOST),
        "failing": await outbox_admin.troubled("failing", MOST),
        "dead": await outbox_admin.troubled("dead", MOST),
        "at": lambda seconds: datetime.fromtimestamp(seconds, UTC),
        "most": MOST,
    }
    return await page(request, context, SHEET, shown)


async def retry(request: ApiRequest, context: AdminContext, outbox_admin: OutboxAdmin) -> Response:
    """POST /admin/federation/deliveries/retry: one job by `id`, or all of a `host`. Raises Invalid."""
    brought = form(request, context.csrf)
    host = brought.get("host", "").strip().lower()
    ids = [] if host else [number(brought.get("id", ""))]
    tried = await outbox_admin.retry_now(ids=ids, host=host)
    return done(PAGE, "retried" if tried else "gone")
