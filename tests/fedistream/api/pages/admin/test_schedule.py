"""The admin's page of the schedule."""

import re

from fedistream.schedule.values import Change
from tests.kit.adminpages import NASTY, Visitor, said
from tests.kit.faces import Faces

PAGE = "/admin/schedule"
NEW = {"do": "create", "name": "Pots", "date": "2026-05-04", "time": "19:00", "timezone": "Europe/Berlin"}


async def test_a_stream_is_scheduled_cancelled_and_removed(faces: Faces, admin: Visitor) -> None:
    assert "No streams are scheduled" in await admin.see(PAGE)
    assert said(await admin.send(PAGE, **NEW | {"name": f"Pots {NASTY}"})) == "Saved."
    (event,) = (await faces.made.schedule.overview(1)).events
    assert (event.starts_at.isoformat(), event.minutes) == ("2026-05-04T17:00:00+00:00", 60)
    assert said(await admin.send(PAGE, do="cancel", id=event.id)) == "Saved."
    assert "cancelled" in await admin.see(PAGE)
    assert said(await admin.send(PAGE, do="remove", id=event.id)) == "Saved."
    assert said(await admin.send(PAGE, do="remove", id=event.id)) == "It no longer exists."


async def test_a_series_needs_no_rule_and_one_of_its_streams_is_skipped(faces: Faces, admin: Visitor) -> None:
    week = NEW | {"repeat": "weekly", "day-MO": "on", "day-TH": "on", "minutes": "90"}
    looked = await admin.send(PAGE, **week | {"do": "preview"})
    assert looked.status_code == 200
    assert re.findall(r'<li><time[^>]*datetime="([^"]+)"', looked.text)[:2] == [
        "2026-05-04T17:00:00+00:00",
        "2026-05-07T17:00:00+00:00",
    ]
    assert not (await faces.made.schedule.overview(1)).events
    assert said(await admin.send(PAGE, **week)) == "Saved."
    found = await faces.made.schedule.overview(1)
    assert found.series[0].recurrence.endswith("RRULE:FREQ=WEEKLY;BYDAY=MO,TH")
    assert "Skip this one" in await admin.see(PAGE)
    await admin.send(PAGE, do="cancel", id=found.events[0].id)
    assert said(await admin.send(PAGE, do="cancel", id=found.series[0].id)) == "Saved."
    assert [event.status.value for event in (await faces.made.schedule.overview(1)).events] == ["cancelled"]


async def test_what_is_wrong_is_said_beside_its_field(faces: Faces, admin: Visitor) -> None:
    for wrong, text in (
        ({"name": ""}, "is required"),
        ({"date": "2026-04-01"}, "must be in the future"),
        ({"date": "2026-02-30"}, "must be a date and a time"),
        ({"timezone": "Mars/OlympusMons"}, "unknown timezone"),
        ({"minutes": "long"}, "must be a whole number"),
        ({"minutes": "99999"}, "is out of range"),
        ({"repeat": "hourly"}, "must be one of"),
    ):
        page = await admin.send(PAGE, **NEW | wrong)
        assert page.status_code == 422, wrong
        assert text in page.text, wrong
    assert (await admin.send(PAGE, do="nothing")).status_code in (400, 422)
    assert not (await faces.made.schedule.overview(1)).events


async def test_the_settings_are_saved(faces: Faces, admin: Visitor) -> None:
    fields = {"schedule.enabled": "on", "schedule.chat_open_minutes": "30", "schedule.reminder_message": "Soon"}
    assert said(await admin.send(PAGE, f"{PAGE}/settings", **fields)) == "Saved."
    assert faces.settings.value("schedule.enabled", 1) is True
    assert faces.settings.value("schedule.chat_open_minutes", 1) == 30
    assert (await admin.send(PAGE, f"{PAGE}/settings", **{"schedule.chat_open_minutes": "7"})).status_code == 422


async def test_one_stream_of_a_series_is_edited_and_keeps_it_when_the_series_is(faces: Faces, admin: Visitor) -> None:
    await admin.send(PAGE, **NEW | {"repeat": "weekly", "day-MO": "on"})
    found = await faces.made.schedule.overview(1)
    first, second, series = found.events[0], found.events[1], found.series[0]
    form = await admin.see(f"{PAGE}?edit={first.id}")
    for part in (
        'value="2026-05-04"',
        'value="19:00"',
        "In the time zone Europe/Berlin.",
        "Only this stream is changed",
    ):
        assert part in form
    assert 'name="repeat"' not in form
    edit = {"do": "save", "name": "Big pots", "date": "2026-05-05", "time": "20:30", "minutes": "45"}
    assert said(await admin.send(PAGE, **edit, id=first.id)) == "Saved."
    form = await admin.see(f"{PAGE}?edit={series.id}")
    assert '<option value="weekly" selected>' in form
    assert 'name="day-MO" value="on" checked' in form
    assert '<option value="once"' not in form
    weekly = NEW | {"do": "save", "name": "Bowls", "repeat": "weekly", "day-MO": "on", "minutes": "30"}
    assert said(await admin.send(PAGE, **weekly, id=series.id)) == "Saved."
    events = {each.id: each for each in (await faces.made.schedule.overview(1)).events}
    assert (events[first.id].name, events[first.id].minutes) == ("Big pots", 45)
    assert events[first.id].starts_at.isoformat() == "2026-05-05T18:30:00+00:00"
    assert (events[second.id].name, events[second.id].minutes) == ("Bowls", 30)
    assert said(await admin.send(PAGE, **weekly | {"repeat": "daily"}, id=series.id)) == "Saved."
    now = await faces.made.schedule.overview(1)
    assert now.series[0].recurrence.endswith("FREQ=DAILY")
    assert [each.name for each in now.events[:2]] == ["Bowls", "Big pots"]


async def test_a_stream_that_is_on_is_renamed_without_a_new_start(faces: Faces, admin: Visitor) -> None:
    await admin.send(PAGE, **NEW)
    (event,) = (await faces.made.schedule.overview(1)).events
    faces.clock.advance((event.starts_at - faces.clock.now()).total_seconds() + 60)
    same = {"do": "save", "id": event.id, "date": "2026-05-04", "time": "19:00"}
    assert said(await admin.send(PAGE, **same, name="Bowls", minutes="90")) == "Saved."
    (changed,) = (await faces.made.schedule.overview(1)).events
    assert (changed.name, changed.minutes, changed.starts_at) == ("Bowls", 90, event.starts_at)
    page = await admin.send(PAGE, **same | {"time": "18:00"}, name="Bowls")
    assert (page.status_code, "must be in the future" in page.text) == (422, True)
    assert 'name="id" value="' + event.id in page.text, "the form is that of the event still"


async def test_a_rule_of_a_program_is_edited_as_text(faces: Faces, admin: Visitor) -> None:
    rule = "DTSTART;TZID=Europe/Berlin:20260504T190000\nRRULE:FREQ=WEEKLY;COUNT=3"
    await faces.made.schedule.put(1, Change("Pots", recurrence=rule))
    (series,) = (await faces.made.schedule.overview(1)).series
    assert rule in await admin.see(f"{PAGE}?edit={series.id}")
    edit = {"do": "save", "id": series.id, "name": "Pots"}
    assert said(await admin.send(PAGE, **edit, recurrence=rule.replace("3", "2"))) == "Saved."
    assert len((await faces.made.schedule.overview(1)).events) == 2
    page = await admin.send(PAGE, **edit, recurrence="RRULE:FREQ=SECONDLY")
    assert page.status_code == 422
    assert 'id="error-recurrence"' in page.text


async def test_what_is_gone_is_not_edited(faces: Faces, admin: Visitor) -> None:
    answer = await admin.web.get(f"{PAGE}?edit=nothing")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?done=gone")
    assert said(await admin.send(PAGE, **NEW | {"do": "save", "id": "nothing"})) == "It no longer exists."
    assert said(await admin.send(PAGE, **NEW | {"do": "save"})) == "It no longer exists."


async def test_a_stream_beyond_the_calls_window_is_listed_and_edited(faces: Faces, admin: Visitor) -> None:
    assert said(await admin.send(PAGE, **NEW | {"name": "Next year", "date": "2027-05-04"})) == "Saved."
    assert not (await faces.made.schedule.overview(1)).events, "Owncast's call keeps its window"
    (event_id,) = set(re.findall(r'name="id" value="([^"]+)"', await admin.see(PAGE)))
    assert "Edit: Next year" in await admin.see(f"{PAGE}?edit={event_id}")
    change = {"do": "save", "id": event_id, "name": "Moved", "date": "2028-05-04", "time": "19:00"}
    assert said(await admin.send(PAGE, **change)) == "Saved."
    assert 'value="2028-05-04"' in await admin.see(f"{PAGE}?edit={event_id}")
    assert said(await admin.send(PAGE, do="cancel", id=event_id)) == "Saved."
    assert "cancelled" in await admin.see(PAGE)
