"""The schedule through Owncast's calls."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from httpx2 import AsyncClient, Response
from icalendar import Calendar

from tests.kit.faces import RIGHT, Faces, open_faces

WEEKLY = "DTSTART;TZID=America/Los_Angeles:20260503T190000\nRRULE:FREQ=WEEKLY"
ONE_OFF: dict[str, Any] = {
    "name": "Pots",
    "description": "Bowls, and *more*.",
    "start": "2026-05-02T12:00:00Z",
    "timezone": "America/New_York",
    "durationMinutes": 90,
}


@pytest_asyncio.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with open_faces(tmp_path) as opened:
        await opened.settings.change("schedule.enabled", True)
        yield opened


@pytest_asyncio.fixture
async def http(faces: Faces) -> AsyncIterator[AsyncClient]:
    async with faces.client() as client:
        yield client


async def put(http: AsyncClient, status: int = 200, **change: Any) -> Any:
    answer = await http.post("/api/admin/schedule/event", json=change, headers=RIGHT)
    assert answer.status_code == status, answer.text
    return answer.json() if status == 200 else answer.json()["error"]


async def delete(http: AsyncClient, event_id: str, **more: Any) -> Response:
    return await http.post("/api/admin/schedule/event/delete", json={"id": event_id, **more}, headers=RIGHT)


async def public(http: AsyncClient, query: str = "") -> list[dict[str, Any]]:
    answer = await http.get(f"/api/schedule{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def make(http: AsyncClient) -> tuple[str, str]:
    """Make a one-off event and a weekly series, and return their ids."""
    event = (await put(http, **ONE_OFF))["events"][0]
    series = (await put(http, name="Weekly", recurrence=WEEKLY, durationMinutes=120))["series"][0]
    return event["id"], series["id"]


async def test_a_one_off_event_has_what_was_given(http: AsyncClient) -> None:
    made = await put(http, **ONE_OFF)
    assert made["series"] == []
    (event,) = made["events"]
    assert event.pop("id")
    assert event == {
        "name": "Pots",
        "description": "Bowls, and *more*.",
        "startTime": "2026-05-02T12:00:00Z",
        "durationMinutes": 90,
        "timezone": "America/New_York",
        "status": "scheduled",
    }
    assert [each["name"] for each in await public(http)] == ["Pots"]


async def test_an_event_without_a_duration_takes_an_hour_in_utc(http: AsyncClient) -> None:
    (event,) = (await put(http, name="Pots", startTime="2026-05-02T14:00:00+02:00"))["events"]
    assert (event["startTime"], event["durationMinutes"], event["timezone"]) == ("2026-05-02T12:00:00Z", 60, "UTC")


async def test_a_series_has_its_occurrences_in_its_time_zone(http: AsyncClient) -> None:
    made = await put(http, name="Weekly", description="Every week", recurrence=WEEKLY, durationMinutes=120)
    (series,) = made["series"]
    assert series == {
        "id": series["id"],
        "name": "Weekly",
        "description": "Every week",
        "recurrence": WEEKLY,
        "durationMinutes": 120,
        "active": True,
    }
    events = await public(http)
    assert [each["startTime"] for each in events[:2]] == ["2026-05-04T02:00:00Z", "2026-05-11T02:00:00Z"]
    assert {each["seriesId"] for each in events} == {series["id"]}
    assert len({each["id"] for each in events}) == len(events) == 13


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, "name is required"),
        ({"name": " \N{ZERO WIDTH SPACE}", "start": ONE_OFF["start"]}, "name is required"),
        ({"name": "x" * 201, "start": ONE_OFF["start"]}, "name must be at most"),
        ({"name": 5}, "name must be a string"),
        ({"name": "x"}, "start is required"),
        ({"name": "x", "start": "tomorrow"}, "RFC 3339"),
        ({"name": "x", "start": "2026-05-02T12:00:00"}, "RFC 3339"),
        ({"name": "x", "start": "9999-12-31T23:59:59-12:00"}, "RFC 3339"),
        ({"name": "x", "start": "2926-05-02T12:00:00Z"}, "ten years"),
        ({"name": "x", "start": "2026-05-01T11:00:00Z"}, "start must be in the future"),
        ({"name": "x", "start": ONE_OFF["start"], "recurrence": WEEKLY}, "mutually exclusive"),
        ({"name": "x", "recurrence": "RRULE:FREQ=WEEKLY"}, "DTSTART"),
        ({"name": "x", "recurrence": WEEKLY.replace("WEEKLY", "BOGUS")}, "FREQ"),
        ({"name": "x", "recurrence": WEEKLY.replace("WEEKLY", "SECONDLY")}, "too often"),
        ({"name": "x", "recurrence": f"{WEEKLY};UNTIL=20260101"}, "no occurrence"),
        ({"name": "x", "recurrence": WEEKLY.replace("WEEKLY", "DAILY;BYHOUR=1,2,3,4,5,6")}, "too often"),
        ({"name": "x", "recurrence": "x" * 10_000}, "recurrence must be at most"),
        ({"name": "x", "start": ONE_OFF["start"], "timezone": "Mars/OlympusMons"}, "unknown timezone"),
        ({"name": "x", "start": ONE_OFF["start"], "timezone": "../../etc/passwd"}, "unknown timezone"),
        ({"name": "x", "start": ONE_OFF["start"], "durationMinutes": 0}, "durationMinutes is out of range"),
        ({"name": "x", "start": ONE_OFF["start"], "durationMinutes": 1e9}, "durationMinutes must be a whole number"),
        ({"name": "x", "start": ONE_OFF["start"], "durationMinutes": True}, "durationMinutes must be a whole number"),
        ({"name": "x", "start": ONE_OFF["start"], "description": "x" * 5001}, "description must be at most"),
        ({"name": "x", "id": "nothing"}, "no scheduled event or series with that id"),
        ({"name": "x", "id": "x" * 5000}, "no scheduled event or series with that id"),
    ],
)
async def test_a_wrong_change_is_refused_and_nothing_is_written(http: AsyncClient, change: Any, text: str) -> None:
    assert text in await put(http, 400, **change)
    assert (await http.get("/api/admin/schedule", headers=RIGHT)).json() == {"series": [], "events": []}


async def test_a_change_that_cannot_apply_is_refused_and_leaves_all_as_it_was(http: AsyncClient) -> None:
    event_id, series_id = await make(http)
    before = (await http.get("/api/admin/schedule", headers=RIGHT)).json()
    past = "2026-05-01T11:00:00Z"
    assert "start must be in the future" in await put(
        http, 400, id=event_id, name="Other", start=past, durationMinutes=5
    )
    assert "timezone cannot be changed" in await put(http, 400, id=event_id, name="Other", timezone="UTC")
    assert "cannot become a recurring series" in await put(http, 400, id=event_id, name="Other", recurrence=WEEKLY)
    assert "has no single start" in await put(http, 400, id=series_id, name="Other", start=ONE_OFF["start"])
    assert "DTSTART" in await put(http, 400, id=series_id, name="Other", recurrence="RRULE:FREQ=DAILY")
    assert (await http.get("/api/admin/schedule", headers=RIGHT)).json() == before


async def test_a_change_of_the_name_keeps_the_rest(http: AsyncClient) -> None:
    event_id, series_id = await make(http)
    changed = await put(http, id=event_id, name="Bowls")
    (event,) = (each for each in changed["events"] if each["id"] == event_id)
    assert (event["name"], event["description"], event["durationMinutes"]) == ("Bowls", "Bowls, and *more*.", 90)
    assert (event["startTime"], event["timezone"]) == ("2026-05-02T12:00:00Z", "America/New_York")
    before = {each["id"] for each in changed["events"]}
    changed = await put(http, id=series_id, name="Each week")
    (series,) = changed["series"]
    assert (series["recurrence"], series["durationMinutes"]) == (WEEKLY, 120)
    assert {each["id"] for each in changed["events"]} == before
    assert {each["name"] for each in changed["events"] if "seriesId" in each} == {"Each week"}


async def test_an_occurrence_that_was_cancelled_moved_or_removed_stays_so(http: AsyncClient, faces: Faces) -> None:
    _, series_id = await make(http)
    first, second, third, *_ = [each for each in await public(http) if "seriesId" in each]
    assert (await delete(http, first["id"], cancel=True)).status_code == 200
    await put(http, id=second["id"], name="Special", start="2026-05-12T10:00:00Z")
    await delete(http, third["id"])
    await put(http, id=series_id, name="Renamed", durationMinutes=30)
    await faces.made.schedule.extend()
    found = {each["id"]: each for each in await public(http)}
    assert found[first["id"]]["status"] == "cancelled"
    assert found[first["id"]]["name"] == "Weekly"
    assert (found[second["id"]]["name"], found[second["id"]]["startTime"]) == ("Special", "2026-05-12T10:00:00Z")
    assert third["id"] not in found
    assert third["startTime"] not in {each["startTime"] for each in found.values()}
    assert "2026-05-11T02:00:00Z" not in {each["startTime"] for each in found.values()}
    assert sum(each["name"] == "Renamed" and each["durationMinutes"] == 30 for each in found.values()) == 10


async def test_another_rule_makes_other_occurrences(http: AsyncClient) -> None:
    _, series_id = await make(http)
    (cancelled, *_) = [each for each in await public(http) if "seriesId" in each]
    await delete(http, cancelled["id"], cancel=True)
    await put(http, id=series_id, name="Weekly", recurrence=WEEKLY.replace("T190000", "T200000"))
    found = [each for each in await public(http) if "seriesId" in each]
    assert [each["startTime"] for each in found[:2]] == ["2026-05-04T02:00:00Z", "2026-05-04T03:00:00Z"]
    assert [each["status"] for each in found[:2]] == ["cancelled", "scheduled"]
    assert len(found) == 14


async def test_a_removed_series_leaves_what_was_cancelled_and_a_cancelled_one_makes_no_more(http: AsyncClient) -> None:
    event_id, series_id = await make(http)
    (cancelled, *_) = [each for each in await public(http) if "seriesId" in each]
    await delete(http, cancelled["id"], cancel=True)
    paused = (await delete(http, series_id, cancel=True)).json()
    assert [each["active"] for each in paused["series"]] == [False]
    assert [each["id"] for each in paused["events"]] == [event_id, cancelled["id"]]
    again = await put(http, id=series_id, name="Weekly", recurrence=WEEKLY)
    assert again["series"][0]["active"]
    assert len(again["events"]) == 14
    gone = (await delete(http, series_id)).json()
    assert gone["series"] == []
    assert [each["id"] for each in gone["events"]] == [event_id, cancelled["id"]]


async def test_the_occurrences_are_made_as_time_goes_on(http: AsyncClient, faces: Faces) -> None:
    await make(http)
    faces.clock.advance(timedelta(days=30).total_seconds())
    before = len(await public(http))
    await faces.made.schedule.extend()
    await faces.made.schedule.extend()
    assert len(await public(http)) == before + 4


async def test_what_is_older_than_a_year_is_deleted(http: AsyncClient, faces: Faces) -> None:
    await put(http, **ONE_OFF)
    faces.clock.advance(timedelta(days=402).total_seconds())
    await faces.made.schedule.extend()
    assert await public(http, "?from=2026-05-01T00:00:00Z&to=2026-06-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("from=2026-05-10T00:00:00Z&to=2026-05-05T00:00:00Z", "to must be after from"),
        ("from=2026-05-10T00:00:00Z&to=2026-05-10T00:00:00Z", "to must be after from"),
        ("from=2026-05-01T00:00:00Z&to=2027-06-05T00:00:00Z", "too large"),
        ("from=yesterday", "RFC 3339"),
        ("to=2026-05-10", "RFC 3339"),
        ("to=0001-01-01T00:00:00%2B12:00", "RFC 3339"),
    ],
)
async def test_a_wrong_range_is_refused(http: AsyncClient, query: str, text: str) -> None:
    answer = await http.get(f"/api/schedule?{query}")
    assert answer.status_code == 400
    assert text in answer.json()["error"]


async def test_a_range_has_the_events_that_start_in_it(http: AsyncClient) -> None:
    await make(http)
    assert len(await public(http, "?from=2026-05-02T12:00:00Z&to=2026-05-04T02:00:00Z")) == 1
    assert await public(http, "?from=2027-05-02T12:00:00Z&to=2027-05-04T02:00:00Z") == []


async def test_the_preview_has_the_next_five(http: AsyncClient) -> None:
    async def preview(text: object) -> Response:
        return await http.post("/api/admin/schedule/preview", json={"recurrence": text}, headers=RIGHT)

    found = (await preview(WEEKLY)).json()["occurrences"]
    assert len(found) == 5
    assert found[0] == "2026-05-04T02:00:00Z"
    assert (await preview(f"{WEEKLY};COUNT=2")).json()["occurrences"] == found[:2]
    assert "DTSTART" in (await preview("RRULE:FREQ=WEEKLY")).json()["error"]
    assert (await preview(5)).status_code == 400


async def test_nothing_is_shown_while_it_is_disabled_and_nothing_is_lost(http: AsyncClient, faces: Faces) -> None:
    await make(http)
    await faces.settings.change("schedule.enabled", False)
    assert await public(http) == []
    assert "BEGIN:VEVENT" not in (await http.get("/api/schedule.ics")).text
    assert "scheduledEvent" not in (await http.get("/api/status")).json()
    assert len((await http.get("/api/admin/schedule", headers=RIGHT)).json()["events"]) == 14


async def test_the_feed_is_a_calendar(http: AsyncClient, faces: Faces) -> None:
    event_id, _ = await make(http)
    await faces.settings.change("node.public_url", "https://node.example")
    answer = await http.get("/api/schedule.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "no-cache" in answer.headers["cache-control"]
    assert answer.headers["access-control-allow-origin"] == "*"
    assert f"UID:{event_id}@owncast\r\n" in answer.text
    found = Calendar.from_ical(answer.text).walk("VEVENT")
    assert len(found) == 14
    assert found[0].decoded("DTSTART") == datetime.fromisoformat("2026-05-02T12:00:00Z")


async def test_the_status_has_the_event_that_is_on_or_comes_next(http: AsyncClient, faces: Faces) -> None:
    async def event() -> dict[str, Any]:
        found: dict[str, Any] = (await http.get("/api/status")).json()["scheduledEvent"]
        return found

    event_id, _ = await make(http)
    await faces.settings.change("schedule.chat_open_minutes", 30)
    assert await event() == {
        "id": event_id,
        "name": "Pots",
        "description": "Bowls, and *more*.",
        "startTime": "2026-05-02T12:00:00Z",
        "durationMinutes": 90,
        "chatOpen": False,
    }
    faces.clock.advance(timedelta(hours=23, minutes=30).total_seconds())
    assert (await event())["chatOpen"] is True
    faces.clock.advance(timedelta(hours=1, minutes=59).total_seconds())
    assert (await event())["id"] == event_id
    faces.clock.advance(60)
    assert (await event())["id"] != event_id
    await faces.settings.change("schedule.chat_open_minutes", 0)
    assert (await event())["chatOpen"] is False


async def test_an_event_opens_the_chat(http: AsyncClient, faces: Faces) -> None:
    home, chat = faces.channels.home().id, faces.chat.chat
    await put(http, **ONE_OFF)
    await faces.settings.change("schedule.chat_open_minutes", 10)
    faces.clock.advance(timedelta(hours=23, minutes=49).total_seconds())
    assert not chat.open(home)
    faces.clock.advance(60)
    assert chat.open(home)
    await faces.settings.change("chat.enabled", False)
    assert not chat.open(home)
    await faces.settings.change("chat.enabled", True)
    faces.clock.advance(timedelta(minutes=100).total_seconds())
    assert not chat.open(home)


async def test_there_is_an_end_to_the_number_of_series_and_events(http: AsyncClient, faces: Faces) -> None:
    for number in range(50):
        await put(http, name=f"Series {number}", recurrence=f"{WEEKLY};COUNT=1")
    assert "series can be 50 at most" in await put(http, 400, name="One more", recurrence=WEEKLY)


@pytest.mark.parametrize("body", ["", "[]", "null", '"x"', "{", '{"id":5}', '{"id":"x","cancel":"yes"}', "{}"])
async def test_a_wrong_body_is_refused(http: AsyncClient, body: str) -> None:
    for path in ("event", "event/delete", "preview"):
        answer = await http.post(f"/api/admin/schedule/{path}", content=body, headers=RIGHT)
        assert answer.status_code == 400, (path, answer.text)
        assert answer.json()["error"]
