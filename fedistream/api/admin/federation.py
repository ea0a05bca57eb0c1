"""Calls of the admin about federation beyond Owncast's own: below the same paths, in its shapes."""

from starlette.responses import Response

from fedistream.api.admin.services import AdminServices
from fedistream.api.http.endpoints import Endpoint, json_response
from fedistream.api.http.permissions import Permission
from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.errors import NO_CACHE, changed, done
from fedistream.api.owncast.federation import span
from fedistream.api.owncast.shapes import Json, moment, moment_or_null
from fedistream.core.errors import Invalid
from fedistream.federation.followers.blocklist_csv import MAX_TEXT
from fedistream.federation.inbox.reports import Report
from fedistream.federation.posts.quotes import Quote

LIST_LIMIT = 4 * MAX_TEXT  # bytes; a character has four at most
OURS = "fedistream"  # as `spec`: no other server has these


async def refusals(request: ApiRequest, services: AdminServices) -> Response:
    """Return the number of requests to the inboxes that were refused since the node was started, by reason code."""
    found = services.federation.refusals()
    since = moment(services.federation.counting_since)
    return json_response({"since": since, "total": sum(found.values()), "reasons": dict(found)}, headers=NO_CACHE)


async def rotate_keys(request: ApiRequest, services: AdminServices) -> Response:
    """Make new keys for all actors of the node, for example after a theft. The followers' servers are told."""
    await services.profiles.rotate()
    return done("keys rotated")


async def flag_list(request: ApiRequest, services: AdminServices) -> Response:
    """Return the reports that are open, or with ?settled=true those that are settled."""
    offset, limit = span(request)
    found = await services.reports.page(settled=request.query.get("settled") == "true", offset=offset, limit=limit)
    return json_response({"total": found.total, "results": [_flag(each) for each in found.items]}, headers=NO_CACHE)


async def settle_flag(request: ApiRequest, services: AdminServices) -> Response:
    """Settle a report; `settled: false` opens it again."""
    await services.reports.settle(request.member("id", int), settled=request.member("settled", bool))
    return changed()


async def quote_list(request: ApiRequest, services: AdminServices) -> Response:
    found = await services.quotes.page(request.channel.id, *span(request))
    return json_response({"total": found.total, "results": [_quote(each) for each in found.items]}, headers=NO_CACHE)


async def revoke_quote(request: ApiRequest, services: AdminServices) -> Response:
    await services.quotes.revoke(request.member("id", str))
    return changed()


async def import_blocks(request: ApiRequest, services: AdminServices) -> Response:
    """Import a block list, which is the body. With ?dry=true, only return what would be blocked."""
    try:
        text = request.body.decode()
    except UnicodeDecodeError as error:
        raise Invalid("list", RequestProblem.NOT_UTF8) from error
    dry = request.query.get("dry") == "true"
    found = await services.blocklists.take(text, dry=dry)
    shape = {"new": found.new, "known": found.known, "milder": found.milder, "wrong": list(found.wrong)}
    return json_response({"success": True, "dry": dry, **shape})


async def export_blocks(request: ApiRequest, services: AdminServices) -> Response:
    headers = {**NO_CACHE, "Content-Disposition": 'attachment; filename="blocked-domains.csv"'}
    return Response(services.blocklists.give(), headers=headers, media_type="text/csv")


def _flag(value: Report) -> Json:
    return {
        "id": value.id,
        "actorIRI": value.actor,
        "server": value.server,
        "objects": list(value.objects),
        "content": value.content,
        "timestamp": moment(value.at),
        "settledAt": moment_or_null(value.settled_at),
    }


def _quote(value: Quote) -> Json:
    return {
        "id": value.id,
        "iri": value.post,
        "quotingIRI": value.quoting,
        "actorIRI": value.actor,
        "timestamp": moment(value.at),
        "revokedAt": moment_or_null(value.revoked_at),
    }


ENDPOINTS = (
    Endpoint("GET", "/api/admin/federation/refusals", refusals, Permission.ADMIN, OURS),
    Endpoint("POST", "/api/admin/federation/rotatekeys", rotate_keys, Permission.ADMIN, OURS),
    Endpoint("GET", "/api/admin/federation/flags", flag_list, Permission.ADMIN, OURS),
    Endpoint("POST", "/api/admin/federation/flags/settle", settle_flag, Permission.ADMIN, OURS),
    Endpoint("GET", "/api/admin/federation/quotes", quote_list, Permission.ADMIN, OURS),
    Endpoint("POST", "/api/admin/federation/quotes/revoke", revoke_quote, Permission.ADMIN, OURS),
    Endpoint("POST", "/api/admin/federation/blocks/import", import_blocks, Permission.ADMIN, OURS, LIST_LIMIT),
    Endpoint("GET", "/api/admin/federation/blocks/export", export_blocks, Permission.ADMIN, OURS),
)
