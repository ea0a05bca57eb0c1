"""The schedule, as Owncast's calls show and change it, and the calendar feed."""

from typing import TypeVar

from starlette.responses import Response

from fedistream.api.http.endpoints import Endpoint, json_response
from fedistream.api.http.permissions import Permission
from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import TYPES, ApiRequest
from fedistream.api.owncast.errors import NO_CACHE
from fedistream.api.owncast.services import OwncastServices
from fedistream.api.owncast.shapes import Json, moment
from fedistream.api.wording import sentence
from fedistream.core.errors import Conflict, Invalid, NotFound, Refusal
from fedistream.schedule import ics
from fedistream.schedule.checks import moment as read_moment
from fedistream.schedule.values import Change, Overview, ScheduledEvent, Series

T = TypeVar("T")
NEWEST = "0.3.0"
# calendar programs know an event by it: with the same, the events of a server that moved here stay what they are
UID_HOST = "owncast"
CALENDAR = "text/calendar; charset=utf-8"


async def listed(request: ApiRequest, services: OwncastServices) -> Response:
    query = request.query
    events = await services.schedule.between(request.channel.id, query.get("from", ""), query.get("to", ""))
    return json_response([event(each) for each in events], headers=NO_CACHE)


async def feed(request: ApiRequest, services: OwncastServices) -> Response:
    channel_id = request.channel.id
    base = str(services.settings.value("node.public_url"))
    name = str(services.settings.value("channel.name", channel_id))
    events = await services.schedule.feed(channel_id)
    text = ics.calendar(events, name, f"{base}/schedule/" if base else "", UID_HOST, services.now())
    return Response(text, headers=NO_CACHE, media_type=CALENDAR)


async def admin_list(request: ApiRequest, services: OwncastServices) -> Response:
    return json_response(overview(await services.schedule.overview(request.channel.id)), headers=NO_CACHE)


async def put(request: ApiRequest, services: OwncastServices) -> Response:
    try:
        await services.schedule.put(request.channel.id, _change(request))
    except (Invalid, NotFound) as error:
        return _refused(error)
    return await admin_list(request, services)


async def delete(request: ApiRequest, services: OwncastServices) -> Response:
    try:
        cancel = bool(_optional(request, "cancel", bool))
        await services.schedule.remove(request.channel.id, request.member("id", str), cancel=cancel)
    except (Invalid, NotFound, Conflict) as error:
        return _refused(error)
    return await admin_list(request, services)


async def preview(request: ApiRequest, services: OwncastServices) -> Response:
    try:
        _, found = services.schedule.preview(request.member("recurrence", str))
    except Invalid as error:
        return _refused(error)
    return json_response({"occurrences": [moment(each) for each in found]})


def event(value: ScheduledEvent) -> Json:
    """ScheduledEvent. A one-off event has no `seriesId`."""
    shape: Json = {
        "id": value.id,
        "name": value.name,
        "description": value.description,
        "startTime": moment(value.starts_at),
        "durationMinutes": value.minutes,
        "timezone": value.timezone,
        "status": value.status.value,
    }
    return shape | {"seriesId": value.series_id} if value.series_id else shape


def series(value: Series) -> Json:
    """ScheduledEventSeries."""
    return {
        "id": value.id,
        "name": value.name,
        "description": value.description,
        "recurrence": value.recurrence,
        "durationMinutes": value.minutes,
        "active": value.active,
    }


def overview(value: Overview) -> Json:
    return {"series": [series(each) for each in value.series], "events": [event(each) for each in value.events]}


def status_event(value: ScheduledEvent, chat_open: bool) -> Json:
    """Return the `scheduledEvent` of a status: the event that is on or comes next."""
    return {
        "id": value.id,
        "name": value.name,
        "description": value.description,
        "startTime": moment(value.starts_at),
        "durationMinutes": value.minutes,
        "chatOpen": chat_open,
    }


def _change(request: ApiRequest) -> Change:
    """Read a ScheduledEventInput. Raises Invalid."""
    start = _optional(request, "start", str)
    # the name that the answers have
    start = _optional(request, "startTime", str) if start is None else start
    return Change(
        name=_optional(request, "name", str) or "",
        id=_optional(request, "id", str) or "",
        description=_optional(request, "description", str),
        start=read_moment("start", start) if start else None,
        recurrence=_optional(request, "recurrence", str) or "",
        minutes=_optional(request, "durationMinutes", int),
        timezone=_optional(request, "timezone", str),
    )


def _optional(request: ApiRequest, name: str, kind: type[T]) -> T | None:
    """Return a member, or None when it is missing or null. Raises Invalid for another type."""
    given = request.json()
    if not isinstance(given, dict):
        raise Invalid("body", RequestProblem.NOT_OBJECT)
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise Invalid(name, TYPES[kind])
    return value


def _refused(error: Refusal) -> Response:
    """Return the envelope that Owncast has for these calls, unlike for its other admin calls, and always with 400."""
    return json_response({"error": sentence(error)}, 400)


ENDPOINTS = (
    Endpoint("GET", "/api/schedule", listed, Permission.ANYONE, NEWEST),
    Endpoint("GET", "/api/schedule.ics", feed, Permission.ANYONE, NEWEST),
    Endpoint("GET", "/api/admin/schedule", admin_list, Permission.ADMIN, NEWEST),
    Endpoint("POST", "/api/admin/schedule/event", put, Permission.ADMIN, NEWEST),
    Endpoint("POST", "/api/admin/schedule/event/delete", delete, Permission.ADMIN, NEWEST),
    Endpoint("POST", "/api/admin/schedule/preview", preview, Permission.ADMIN, NEWEST),
)
