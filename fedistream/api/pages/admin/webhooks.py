"""The pages of webhooks: create, edit, test, disable, delete; the log of their deliveries, and one delivery."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import ROWS, AdminPage, FormResult, Pager, done, number, offset, page, view
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form
from fedistream.api.wording import explain
from fedistream.core.errors import Conflict, Invalid, NotFound, ValueProblem
from fedistream.webhooks.log import MAX_TEXT, Search
from fedistream.webhooks.signing import new_secret
from fedistream.webhooks.values import MIN_KEY, OFFERED, Delivery, Event, State, Webhook, WebhookProblem

PAGE = "/admin/webhooks"
LOG = f"{PAGE}/log"
LIST = AdminPage("admin/webhooks.html", PAGE)
ONE = AdminPage("admin/webhook.html", PAGE)
DELIVERIES = AdminPage("admin/webhook-log.html", PAGE)
DELIVERY = AdminPage("admin/webhook-delivery.html", PAGE)
VIEW = ("webhook", "state", "event", "search", "offset")
GROUPS: Mapping[str, tuple[Event, ...]] = {
    "stream": (
        *(Event.STREAM_STARTED, Event.STREAM_STOPPED, Event.STREAM_TITLE_UPDATED),
        *(Event.ENCODER_LOST, Event.ENCODER_RETURNED),
        Event.SCHEDULED_EVENTS,
    ),
    "chat": (
        *(Event.CHAT, Event.USER_JOINED, Event.USER_PARTED, Event.NAME_CHANGE),
        Event.VISIBILITY_UPDATE,
    ),
    "federation": (
        *(Event.FOLLOW, Event.FOLLOWER_REMOVED, Event.LIKE, Event.REPOST),
        Event.REPLY_RECEIVED,
    ),
}
assert {event for group in GROUPS.values() for event in group} == set(OFFERED)


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/webhooks"""
    return await _list(request, services, FormResult(typed={"secret": new_secret(services.chance(MIN_KEY))}))


async def create(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/webhooks"""
    submitted = form(request, services.csrf)
    events = _chosen(submitted)
    try:
        made = await services.webhooks.create(
            submitted.get("url", "").strip(), events, submitted.get("secret", "").strip()
        )
    except Invalid as error:
        return await _list(request, services, _refused(services, error, submitted))
    return done(f"{PAGE}/{made.id}", "webhook-created")


async def change(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/webhooks/change: `do` says what about the webhook `id`."""
    submitted = form(request, services.csrf)
    what, webhook_id = submitted.get("do", ""), number(submitted.get("id", ""))
    if what not in ACTIONS:
        raise Invalid("do", ValueProblem.CHOICE, choices=", ".join(ACTIONS))
    try:
        await ACTIONS[what](services, webhook_id, request.channel.id)
    except NotFound:
        return done(PAGE, "gone")
    return done(PAGE if what == "delete" else f"{PAGE}/{webhook_id}", f"webhook-{what}")


async def show_one(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/webhooks/{webhook_id}"""
    return await _one(request, services, _webhook_id(request))


async def edit(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/webhooks/{webhook_id}"""
    submitted, webhook_id = form(request, services.csrf), _webhook_id(request)
    events, url, secret = _chosen(submitted), submitted.get("url", "").strip(), submitted.get("secret", "").strip()
    try:
        await services.webhooks.edit(webhook_id, url=url, events=events, secret=secret)
    except Invalid as error:
        return await _one(request, services, webhook_id, _refused(services, error, submitted))
    return done(f"{PAGE}/{webhook_id}", "saved")


async def show_log(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/webhooks/log"""
    query = request.query
    state, event = query.get("state", ""), query.get("event", "")
    state, event = state if state in set(State) else "", event if event in set(Event) else ""
    text, start = query.get("search", "").strip()[:MAX_TEXT], offset(request)
    webhook_id = number(query["webhook"]) if query.get("webhook") else None
    found = await services.webhook_log.find(Search(webhook_id, state, event, text, start, ROWS))
    asked = {"webhook": query.get("webhook", ""), "state": state, "event": event, "search": text}
    values = {
        "found": found.items,
        "hooks": {hook.id: hook for hook in await services.webhooks.listed()},
        "asked": asked,
        "states": [each.value for each in State],
        "events": [each.value for each in Event],
        "pager": Pager(start, found.total, asked),
    }
    return await page(request, services, DELIVERIES, values)


async def show_delivery(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/webhooks/log/{delivery_id}"""
    found = await services.webhook_log.get(number(request.parts["delivery_id"]))
    hook = services.webhooks.get(found.webhook_id)
    body = json.dumps(json.loads(found.body), indent=2, ensure_ascii=False)
    return await page(request, services, DELIVERY, {"each": found, "hook": hook, "body": body})


async def resend(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/webhooks/log/resend: the delivery `id`, once more."""
    submitted = form(request, services.csrf)
    try:
        sent = await services.webhook_log.resend(number(submitted.get("id", "")))
    except NotFound:
        return done(LOG, "gone", **view(submitted, VIEW))
    except Conflict:
        return done(LOG, "delivery-waits", **view(submitted, VIEW))
    return done(f"{LOG}/{sent.id}", "delivery-resent")


async def _list(request: ApiRequest, services: AdminPagesServices, result: FormResult) -> Response:
    shown = {"found": await services.webhooks.listed(), "groups": _groups(), "chosen": result.typed}
    return await page(request, services, LIST, shown, result)


async def _one(
    request: ApiRequest, services: AdminPagesServices, webhook_id: int, result: FormResult | None = None
) -> Response:
    hook = await services.webhooks.stored(webhook_id)
    values: dict[str, str] = {
        "url": hook.url,
        "secret": hook.secret,
        **{event.value: "on" for event in hook.subscribed},
    }
    typed = result.typed if result else values
    latest = await services.webhook_log.find(Search(webhook_id, limit=10))
    shown = {"hook": hook, "groups": _groups(), "chosen": typed, "latest": latest.items, "total": latest.total}
    return await page(request, services, ONE, shown, FormResult(result.errors if result else {}, typed))


def _groups() -> Mapping[str, list[str]]:
    return {name: [event.value for event in events] for name, events in GROUPS.items()}


def _chosen(submitted: Mapping[str, str]) -> list[str]:
    return [event.value for event in OFFERED if submitted.get(event.value)]


def _refused(services: AdminPagesServices, error: Invalid, submitted: Mapping[str, str]) -> FormResult:
    where = error.field if error.field in ("url", "events", "secret") else "url"
    why = services.words("choose at least one") if where == "events" else explain(error)
    typed = {name: submitted.get(name, "") for name in ("url", "secret")}
    return FormResult({where: why}, {**typed, **dict.fromkeys(_chosen(submitted), "on")})


def _webhook_id(request: ApiRequest) -> int:
    """Raise NotFound for what is no number."""
    text = request.parts["webhook_id"]
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise NotFound(WebhookProblem.NO_WEBHOOK)
    return int(text)


async def _test(services: AdminPagesServices, webhook_id: int, channel_id: int) -> Delivery:
    return await services.webhook_log.test(webhook_id, channel_id)


async def _enable(services: AdminPagesServices, webhook_id: int, channel_id: int) -> Webhook:
    return await services.webhooks.enable(webhook_id)


async def _disable(services: AdminPagesServices, webhook_id: int, channel_id: int) -> Webhook:
    return await services.webhooks.disable(webhook_id)


async def _delete(services: AdminPagesServices, webhook_id: int, channel_id: int) -> None:
    await services.webhooks.delete(webhook_id)


ACTIONS: Mapping[str, Callable[[AdminPagesServices, int, int], Awaitable[Any]]] = {
    "test": _test,
    "enable": _enable,
    "disable": _disable,
    "delete": _delete,
}
