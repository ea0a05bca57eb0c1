"""Webhooks for the admin, beyond what Owncast's calls do. Our own calls, in Owncast's shapes.

GET  /api/admin/webhooks/events                  [{name, offered, expiresAfter}]: the accepted names
POST /api/admin/webhooks/edit                    {id, url?, events?, secret?}: what is given is changed
POST /api/admin/webhooks/setenabled              {id, enabled}
POST /api/admin/webhooks/test                    {id}: the test event is sent at once
GET  /api/admin/webhooks/deliveries?…            {total, results: [DELIVERY]}, the newest first; see `search`
GET  /api/admin/webhooks/deliveries/{id}         DELIVERY with body, headers and answer
POST /api/admin/webhooks/deliveries/resend       {id}: sent once more, with the same message id

DELIVERY is {id, webhookId, event, messageId, state, attempts, createdAt, expiresAt, sentAt, durationMs, status, error}.
The POSTs answer {success, message, webhook} or {success, message, delivery}; WEBHOOK is that of Owncast's calls with
{enabled, disabledReason, failingSince, signed}.
"""

import orjson
from starlette.responses import Response

from fedistream.api.admin.services import AdminServices
from fedistream.api.http.endpoints import Endpoint, json_response
from fedistream.api.http.permissions import Permission
from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.errors import NO_CACHE
from fedistream.api.owncast.federation import span
from fedistream.api.owncast.shapes import Json, moment, moment_or_null
from fedistream.api.owncast.webhooks import webhook as owncast_webhook
from fedistream.core.errors import Invalid, NotFound
from fedistream.webhooks.log import Search
from fedistream.webhooks.values import (
    ACCEPTED,
    ALIASES,
    EXPIRES,
    MAX_PAGE,
    OFFERED,
    Delivery,
    Event,
    Webhook,
    WebhookProblem,
)

PATH = "/api/admin/webhooks"
OURS = "fedistream"  # as `spec`: no other server has these
MAX_DIGITS = 18


async def events(request: ApiRequest, services: AdminServices) -> Response:
    """Return the accepted names; nothing is ever sent for one that is not offered."""
    shapes = []
    for name in sorted(ACCEPTED):
        event = ALIASES.get(name) or (Event(name) if name in set(OFFERED) else None)
        expires_s = None if event is None else EXPIRES[event].total_seconds()
        shapes.append({"name": name, "offered": event is not None, "expiresAfter": expires_s})
    return json_response(shapes, headers=NO_CACHE)


async def edit(request: ApiRequest, services: AdminServices) -> Response:
    webhook_id, given = request.member("id", int), request.json()
    assert isinstance(given, dict)  # or `member` would have refused it
    url = request.member("url", str) if "url" in given else None
    names = request.member("events", list) if "events" in given else None
    secret = request.member("secret", str) if "secret" in given else None
    return _changed("webhook changed", await services.webhooks.edit(webhook_id, url=url, events=names, secret=secret))


async def set_enabled(request: ApiRequest, services: AdminServices) -> Response:
    webhook_id, enabled = request.member("id", int), request.member("enabled", bool)
    if enabled:
        return _changed("webhook enabled", await services.webhooks.enable(webhook_id))
    return _changed("webhook disabled", await services.webhooks.disable(webhook_id))


async def test(request: ApiRequest, services: AdminServices) -> Response:
    return _sent("test event sent", await services.webhook_log.test(request.member("id", int), request.channel.id))


async def deliveries(request: ApiRequest, services: AdminServices) -> Response:
    found = await services.webhook_log.find(search(request))
    return json_response({"total": found.total, "results": [delivery(each) for each in found.items]}, headers=NO_CACHE)


async def one_delivery(request: ApiRequest, services: AdminServices) -> Response:
    found = await services.webhook_log.get(number(request.parts["delivery_id"]))
    return json_response(whole_delivery(found), headers=NO_CACHE)


async def resend(request: ApiRequest, services: AdminServices) -> Response:
    return _sent("delivery sent again", await services.webhook_log.resend(request.member("id", int)))


def search(request: ApiRequest) -> Search:
    """Return the query: `webhook`, `state`, `event`, `search`, `offset` and `limit`. Raises Invalid."""
    offset, limit = span(request)
    query = request.query
    try:
        webhook_id = number(query["webhook"]) if query.get("webhook") else None
    except NotFound as error:
        raise Invalid("webhook", RequestProblem.WEBHOOK_ID) from error
    return Search(
        webhook_id,
        query.get("state", ""),
        query.get("event", ""),
        query.get("search", ""),
        offset,
        min(limit, MAX_PAGE),
    )


def number(text: str) -> int:
    """Return the id in a path or a query. Raises NotFound."""
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS):
        raise NotFound(WebhookProblem.NO_DELIVERY)
    return int(text)


def webhook(value: Webhook) -> Json:
    return owncast_webhook(value) | {
        "enabled": value.enabled,
        "disabledReason": value.disabled.value,
        "failingSince": moment_or_null(value.failing_since),
        "signed": bool(value.secret),
    }


def delivery(value: Delivery) -> Json:
    return {
        "id": value.id,
        "webhookId": value.webhook_id,
        "event": value.event.value,
        "messageId": value.message_id,
        "state": value.state.value,
        "attempts": value.attempts,
        "createdAt": moment(value.created_at),
        "expiresAt": moment(value.expires_at),
        "sentAt": moment_or_null(value.sent_at),
        "durationMs": value.duration_ms,
        "status": value.status,
        "error": value.error,
    }


def whole_delivery(value: Delivery) -> Json:
    return delivery(value) | {
        "headers": dict(value.headers or {}),
        "body": orjson.loads(value.body),
        "answer": value.answer,
    }


def _changed(message: str, value: Webhook) -> Response:
    return json_response({"success": True, "message": message, "webhook": webhook(value)})


def _sent(message: str, value: Delivery) -> Response:
    return json_response({"success": True, "message": message, "delivery": delivery(value)})


ENDPOINTS = (
    Endpoint("GET", f"{PATH}/events", events, Permission.ADMIN, OURS),
    Endpoint("POST", f"{PATH}/edit", edit, Permission.ADMIN, OURS),
    Endpoint("POST", f"{PATH}/setenabled", set_enabled, Permission.ADMIN, OURS),
    Endpoint("POST", f"{PATH}/test", test, Permission.ADMIN, OURS),
    Endpoint("GET", f"{PATH}/deliveries", deliveries, Permission.ADMIN, OURS),
    Endpoint("GET", f"{PATH}/deliveries/{{delivery_id}}", one_delivery, Permission.ADMIN, OURS),
    Endpoint("POST", f"{PATH}/deliveries/resend", resend, Permission.ADMIN, OURS),
)
