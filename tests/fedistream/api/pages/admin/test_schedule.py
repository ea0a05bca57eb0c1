"""The admin's page of the schedule."""

import re

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
