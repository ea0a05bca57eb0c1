"""The page of deliveries to other servers: queue lengths, servers that do not answer, and "try now"."""

from datetime import UTC, datetime

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import AdminPage, done, number, page
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form

PAGE = "/admin/federation/deliveries"
ADMIN_PAGE = AdminPage("admin/deliveries.html", PAGE)
MOST = 100  # rows of each list; the list of hosts sums up the rest


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/federation/deliveries"""
    shown = {
        "numbers": await services.outbox_admin.numbers(),
        "hosts": await services.outbox_admin.hosts(MOST),
        "failing": await services.outbox_admin.troubled("failing", MOST),
        "dead": await services.outbox_admin.troubled("dead", MOST),
        "at": lambda seconds: datetime.fromtimestamp(seconds, UTC),
        "most": MOST,
    }
    return await page(request, services, ADMIN_PAGE, shown)


async def retry(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/federation/deliveries/retry: one job by `id`, or all of a `host`. Raises Invalid."""
    submitted = form(request, services.csrf)
    host = submitted.get("host", "").strip().lower()
    ids = [] if host else [number(submitted.get("id", ""))]
    tried = await services.outbox_admin.retry_now(ids=ids, host=host)
    return done(PAGE, "retried" if tried else "gone")
