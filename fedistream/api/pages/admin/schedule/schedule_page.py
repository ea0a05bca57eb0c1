"""The page of the schedule: its settings, the coming events and series, and a form without rules for new ones and
for changes."""

from collections.abc import Mapping
from datetime import datetime

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import AdminPage, FormResult, done, page, save
from fedistream.api.pages.admin.schedule import editing
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form
from fedistream.api.wording import explain
from fedistream.core.errors import Conflict, Invalid, NotFound, ValueProblem
from fedistream.schedule import zones
from fedistream.schedule.recurrence import WEEKDAYS
from fedistream.schedule.rule_form import When, rule_of, start_of
from fedistream.schedule.values import MAX_AHEAD, Change, ScheduleProblem, Series

PAGE = "/admin/schedule"
FORM = (
    *("schedule.enabled", "schedule.show_countdown"),
    *("schedule.chat_open_minutes", "schedule.reminder_message"),
)
ADMIN_PAGE = AdminPage("admin/schedule.html", PAGE, FORM)
ACTIONS = ("create", "preview", "save", "cancel", "remove")
# fields of the form that have another name in the service
FIELDS = {"durationMinutes": "minutes", "start": "date", "start and recurrence": "date"}


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/schedule, with `edit` to change the event or series with that id."""
    wanted = request.query.get("edit", "")
    target = await _target(request, services, wanted)
    if wanted and target is None:
        return done(PAGE, "gone")
    return await _page(request, services, target=target)


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
        if what == "save":
            await _save(request, services, submitted)
            return done(PAGE, "saved")
        made, when = _new(submitted)
        if what == "preview":
            found = services.schedule.preview(made.recurrence)[1] if made.recurrence else [start_of(when)]
            return await _page(request, services, FormResult(typed=dict(submitted)), preview=found)
        await services.schedule.put(request.channel.id, made)
    except NotFound:
        return done(PAGE, "gone")
    except Conflict as error:
        return await _page(request, services, FormResult({"name": explain(error)}))
    except Invalid as error:
        name = FIELDS.get(error.field, error.field)
        if name == "recurrence" and "recurrence" not in submitted:
            name = "date"
        target = await _target(request, services, submitted.get("id", "")) if what == "save" else None
        return await _page(request, services, FormResult({name: explain(error)}, dict(submitted)), target=target)
    return done(PAGE, "saved")


def _new(submitted: Mapping[str, str]) -> tuple[Change, When]:
    """Read the form of a new event or series. Raises Invalid."""
    when = editing.read_when(submitted)
    rule = rule_of(when)
    made = Change(
        submitted.get("name", ""),
        description=submitted.get("description", ""),
        start=None if rule else start_of(when),
        recurrence=rule,
        minutes=editing.read_minutes(submitted),
        timezone=None if rule else when.timezone,
    )
    return made, when


async def _save(request: ApiRequest, services: AdminPagesServices, submitted: Mapping[str, str]) -> None:
    """Save one event or series. Raises Invalid and NotFound."""
    target = await _target(request, services, submitted.get("id", ""))
    if target is None:
        raise NotFound(ScheduleProblem.NO_EVENT_OR_SERIES)
    await services.schedule.put(request.channel.id, editing.change_of(target, submitted))


async def _target(request: ApiRequest, services: AdminPagesServices, target_id: str) -> editing.Target | None:
    if not target_id:
        return None
    return editing.find(await services.schedule.overview(request.channel.id, MAX_AHEAD), target_id)


async def _page(
    request: ApiRequest,
    services: AdminPagesServices,
    result: FormResult | None = None,
    *,
    preview: list[datetime] | None = None,
    target: editing.Target | None = None,
) -> Response:
    found, now = await services.schedule.overview(request.channel.id, MAX_AHEAD), services.schedule.now()
    shown = {
        "series": found.series,
        "coming": [event for event in found.events if event.ends_at > now],
        "now": now,
        "days": WEEKDAYS,
        "zones_by_name": {name: name for name in sorted(zones.names())},
        "preview": preview,
        "target": target,
        "repeats": isinstance(target, Series),
        "has_choices": target is not None and editing.has_choices(target),
    }
    result = result or FormResult()
    if not result.typed:
        # a page without scripts does not know the reader's zone: that of the last stream is the best guess
        zone_name = found.events[-1].timezone if found.events else "UTC"
        typed = {"timezone": zone_name} if target is None else editing.fields_of(target)
        result = FormResult(result.errors, typed)
    return await page(request, services, ADMIN_PAGE, shown, result)
