"""Notices for the admin: planned ones, posted ones, and changes to them. Our own calls, in Owncast's shapes.

GET  /api/admin/federation/notices?offset&limit   {total, results: [NOTICE]}, the newest first
GET  /api/admin/federation/notices/preview?id     {text, html}: what would be posted now, by that notice or the next
POST /api/admin/federation/notices/preview        {value, id?}: the same with this text, which is not kept
POST /api/admin/federation/notices/edit           {id, value}: Markdown, or "" for the text that comes by itself
POST /api/admin/federation/notices/cancel         {id}: it is not posted
POST /api/admin/federation/notices/postnow        {id?}: at once; without an id, that of the live broadcast
POST /api/admin/federation/notices/withdraw       {id}: the post is deleted

NOTICE is {id, broadcastId, state, why, text, due, post, postedAt, updatedAt, closedAt}. `state` is planned, posted,
updated, withdrawn, cancelled or skipped (`why` says by which rule, for people). `text` is Markdown, `post` the URL of
the post or "". Times are like all of Owncast's, or null. The POSTs but preview answer {success, message, notice}.
"""

from starlette.responses import Response

from fedistream.api.admin.services import AdminServices
from fedistream.api.http.endpoints import Endpoint, json_response
from fedistream.api.http.permissions import Permission
from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.errors import NO_CACHE
from fedistream.api.owncast.federation import span
from fedistream.api.owncast.shapes import moment, moment_or_null
from fedistream.api.wording import skipped
from fedistream.core.errors import Invalid, ValueProblem
from fedistream.notices.values import Notice, Preview

PATH = "/api/admin/federation/notices"
OURS = "fedistream"  # as `spec`: no other server has these
MAX_ID = 2**63 - 1  # what the databases take


async def listed(request: ApiRequest, services: AdminServices) -> Response:
    found = await services.notices.page(request.channel.id, *span(request))
    return json_response({"total": found.total, "results": [notice(each) for each in found.items]}, headers=NO_CACHE)


async def preview(request: ApiRequest, services: AdminServices) -> Response:
    text = request.query.get("id", "")
    if text and not (text.isascii() and text.isdecimal()):
        raise Invalid("id", ValueProblem.NOT_WHOLE)
    return _previewed(await services.notices.preview(request.channel.id, _id(int(text[:20])) if text else None))


async def preview_text(request: ApiRequest, services: AdminServices) -> Response:
    return _previewed(await services.notices.preview(request.channel.id, _given(request), request.member("value", str)))


async def edit(request: ApiRequest, services: AdminServices) -> Response:
    changed = await services.notices.edit(request.channel.id, _wanted(request), request.member("value", str))
    return _done("notice changed", changed)


async def cancel(request: ApiRequest, services: AdminServices) -> Response:
    return _done("notice cancelled", await services.notices.cancel(request.channel.id, _wanted(request)))


async def post_now(request: ApiRequest, services: AdminServices) -> Response:
    return _done("notice posted", await services.notices.post_now(request.channel.id, _given(request)))


async def withdraw(request: ApiRequest, services: AdminServices) -> Response:
    return _done("notice withdrawn", await services.notices.withdraw(request.channel.id, _wanted(request)))


def notice(value: Notice) -> dict[str, object]:
    return {
        "id": value.id,
        "broadcastId": value.broadcast_id,
        "state": value.state.value,
        "why": skipped(value),
        "text": value.text,
        "due": moment(value.due),
        "post": value.post,
        "postedAt": moment_or_null(value.posted_at),
        "updatedAt": moment_or_null(value.updated_at),
        "closedAt": moment_or_null(value.closed_at),
        "event": {"id": value.event_id, "name": value.event_name} if value.event_id else None,
    }


def _previewed(found: Preview) -> Response:
    return json_response({"text": found.text, "html": found.html}, headers=NO_CACHE)


def _done(message: str, value: Notice) -> Response:
    return json_response({"success": True, "message": message, "notice": notice(value)})


def _wanted(request: ApiRequest) -> int:
    """Raises Invalid."""
    return _id(request.member("id", int))


def _given(request: ApiRequest) -> int | None:
    """Raises Invalid."""
    body = request.json()
    return _wanted(request) if not isinstance(body, dict) or "id" in body else None


def _id(number: int) -> int:
    if not 0 < number <= MAX_ID:
        raise Invalid("id", RequestProblem.NOTICE_ID)
    return number


ENDPOINTS = (
    Endpoint("GET", PATH, listed, Permission.ADMIN, OURS),
    Endpoint("GET", f"{PATH}/preview", preview, Permission.ADMIN, OURS),
    Endpoint("POST", f"{PATH}/preview", preview_text, Permission.ADMIN, OURS),
    Endpoint("POST", f"{PATH}/edit", edit, Permission.ADMIN, OURS),
    Endpoint("POST", f"{PATH}/cancel", cancel, Permission.ADMIN, OURS),
    Endpoint("POST", f"{PATH}/postnow", post_now, Permission.ADMIN, OURS),
    Endpoint("POST", f"{PATH}/withdraw", withdraw, Permission.ADMIN, OURS),
)
