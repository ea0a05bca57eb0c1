"""Webhooks as Owncast's admin calls manage them: listed, created and deleted. The rest is in our own API."""

from starlette.responses import Response

from fedistream.api.http.endpoints import Endpoint, json_response
from fedistream.api.http.permissions import Permission
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.errors import done
from fedistream.api.owncast.services import OwncastServices
from fedistream.api.owncast.shapes import Json, moment, moment_or_null
from fedistream.api.wording import sentence
from fedistream.core.errors import Invalid
from fedistream.webhooks.values import Webhook

EARLY = "0.0.11"
WRONG_EVENT = "one or more invalid event provided"


async def listed(request: ApiRequest, services: OwncastServices) -> Response:
    return json_response([webhook(each) for each in await services.webhooks.listed()])


async def create(request: ApiRequest, services: OwncastServices) -> Response:
    """`secret` is optional: releases before 0.3.0 do not know it."""
    try:
        given = request.json()
        secret = request.member("secret", str) if isinstance(given, dict) and given.get("secret") is not None else ""
        made = await services.webhooks.create(request.member("url", str), request.member("events", list), secret)
    except Invalid as error:
        # Owncast's clients compare this text, and look for it in `error` alone
        return json_response({"error": WRONG_EVENT if error.field == "events" else sentence(error)}, 400)
    return json_response(webhook(made))


async def delete(request: ApiRequest, services: OwncastServices) -> Response:
    await services.webhooks.delete(request.member("id", int))
    return done("deleted webhook")


def webhook(value: Webhook) -> Json:
    """Webhook. The secret is not given back."""
    return {
        "id": value.id,
        "url": value.url,
        "events": list(value.events),
        "timestamp": moment(value.created_at),
        "lastUsed": moment_or_null(value.last_used_at),
    }


ENDPOINTS = (
    Endpoint("GET", "/api/admin/webhooks", listed, Permission.ADMIN, EARLY),
    Endpoint("POST", "/api/admin/webhooks/create", create, Permission.ADMIN, EARLY),
    Endpoint("POST", "/api/admin/webhooks/delete", delete, Permission.ADMIN, EARLY),
)
