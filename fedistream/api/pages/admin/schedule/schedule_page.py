"""The page of the schedule: its settings, the coming events and series, and a form for new ones without rules."""

from collections.abc import Mapping
from datetime import datetime

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import AdminPage, FormResult, done, page, save
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form
from fedistream.api.wording import explain
from fedistream.core.errors import Conflict, Invalid, NotFound, ValueProblem
from fedistream.schedule import zones
from fedistream.schedule.recurrence import WEEKDAYS
from fedistream.schedule.rule_form import ONCE, When, rule_of, start_of
from fedistream.schedule.values import DEFAULT_MINUTES, Change

PAGE = "/admin/schedule"
FORM = (
    *("schedule.enabled", "schedule.show_countdown"),
    *("schedule.chat_open_minutes", "schedule.reminder_message"),
)
ADMIN_PAGE = AdminPage("admin/schedule.html", PAGE, FORM)
ACTIONS = ("create", "preview", "cancel", "remove")
# fields of the form that have another name in the service
FIELDS = {"durationMinutes": "minutes", "start": "date", "recurrence": "date", "start and recurrence": "date"}


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/schedule"""
    return await _page(request, services)


async def change_settings(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/schedule/settings"""
    result = await save(request, services, form(request, services.csrf), FORM)
    return await _page(request, services, result) if result.errors else done(PAGE, "saved")


async def change(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/schedule: `do` says what."""
    submitted = form(request, services.csrf)
    what = submitted.get("do", "")
    if what not in ACTIONS:
        raise Invalid("do", ValueProblem.CHOICE, choices=", ".join(ACTIONS))
    try:
        if what in ("cancel", "remove"):
            await services.schedule.remove(request.channel.id, submitted.get("id", ""), cancel=what == "cancel")
            return done(PAGE, "saved")
        made, when = _change(submitted)
        if what == "preview":
            found = services.schedule.preview(made.recurrence)[1] if made.recurrence else [start_of(when)]
            return await _page(request, services, FormResult(typed=dict(submitted)), preview=found)
        await services.schedule.put(request.channel.id, made)
    except NotFound:
        return done(PAGE, "gone")
    except Conflict as error:
        return await _page(request, services, FormResult({"name": str(error)}))
    except Invalid as error:
        name = FIELDS.get(error.field, error.field)
        return await _page(request, services, FormResult({name: explain(error)}, dict(submitted)))
    return done(PAGE, "saved")


def _change(submitted: Mapping[str, str]) -> tuple[Change, When]:
    """Read the form of a new event or series. Raises Invalid."""
    days = tuple(day for day in WEEKDAYS if submitted.get(f"day-{day}"))
    when = When(
        submitted.get("date", ""),
        submitted.get("time", ""),
        submitted.get("timezone", "").strip(),
        submitted.get("repeat", ONCE),
        days,
        submitted.get("until", ""),
    )
    minutes = submitted.get("minutes", "").strip() or str(DEFAULT_MINUTES)
    if not minutes.isascii() or not minutes.isdecimal() or len(minutes) > 6:
        raise Invalid("minutes", ValueProblem.NOT_WHOLE)
    rule = rule_of(when)
    made = Change(
        submitted.get("name", ""),
        description=submitted.get("description", ""),
        start=None if rule else start_of(when),
        recurrence=rule,
        minutes=int(minutes),
        timezone=None if rule else when.timezone,
    )
    return made, when


async def _page(
    request: ApiRequest,
    services: AdminPagesServices,
    result: FormResult | None = None,
    *,
    preview: list[datetime] | None = None,
) -> Response:
    found, now = await services.schedule.overview(request.channel.id), services.schedule.now()
    shown = {
        "series": found.series,
        "coming": [event for event in found.events if event.ends_at > now],
        "now": now,
        "days": WEEKDAYS,
        "zones_by_name": {name: name for name in sorted(zones.names())},
        "preview": preview,
    }
    return await page(request, services, ADMIN_PAGE, shown, result)
