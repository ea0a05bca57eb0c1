"""The steps that time brings, on a database, with federation beside it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio

from fedistream.app.both_processes import event_id, make_tending
from fedistream.app.reactions import stores
from fedistream.core.events import BroadcastStarted
from fedistream.jobs.models import OutboxRow
from fedistream.schedule.context import ScheduleContext
from fedistream.schedule.models import ScheduledEventRow
from fedistream.schedule.values import Change, ScheduledEvent
from tests.kit import following, jsonld
from tests.kit.faces import Faces, federating_faces

DOCUMENT = {"Accept": "application/activity+json"}
WEEKLY = "DTSTART;TZID=Europe/Berlin:20260504T190000\nRRULE:FREQ=WEEKLY"


@pytest_asyncio.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with federating_faces(tmp_path) as opened:
        await opened.settings.change("schedule.enabled", True)
        await following.follower("bob")
        yield opened


async def scheduled(faces: Faces, **change: Any) -> ScheduledEvent:
    home = faces.channels.home().id
    given: dict[str, Any] = {"name": "Pots", "start": faces.clock.now() + timedelta(hours=2)} | change
    await faces.made.schedule.put(home, Change(**given))
    return (await faces.made.schedule.overview(home)).events[-1]


async def row(event: ScheduledEvent) -> ScheduledEventRow:
    return await ScheduledEventRow.get(id=event.id)


async def test_an_event_is_announced_as_an_event(faces: Faces) -> None:
    event = await scheduled(faces, description="Bowls, and *more*.", minutes=90, timezone="Europe/Berlin")
    await faces.made.tending.tend()
    await faces.made.tending.tend()
    assert await OutboxRow.filter(kind="activity").count() == 1
    async with faces.client() as http:
        answer = await http.get(f"/federation/event/{event.id}", headers=DOCUMENT)
        outbox = (await http.get("/federation/user/streamer/outbox?page=1", headers=DOCUMENT)).json()
    assert answer.status_code == 200, answer.text
    found = answer.json()
    url, page = f"https://node.example/federation/event/{event.id}", f"https://node.example/schedule/{event.id}"
    assert found["id"] == url
    assert found["type"] == "Event"
    assert found["url"] == page
    assert found["content"] == "<p>Bowls, and <em>more</em>.</p>"
    assert (found["startTime"], found["endTime"]) == ("2026-05-01T14:00:00Z", "2026-05-01T15:30:00Z")
    assert (found["duration"], found["timezone"], found["joinMode"]) == ("PT1H30M", "Europe/Berlin", "none")
    assert (found["eventStatus"], found["ical:status"]) == ("EventScheduled", "CONFIRMED")
    assert found["location"] == {"type": "VirtualLocation", "name": found["location"]["name"], "url": page}
    assert found["organizers"]["totalItems"] == 1
    assert found["to"] == ["https://www.w3.org/ns/activitystreams#Public"]
    assert found["cc"] == ["https://node.example/federation/user/streamer/followers"]
    assert [each["type"] for each in found["attachment"]] == ["Image"]
    assert not jsonld.lost(found)
    assert [each["object"]["id"] for each in outbox["orderedItems"]] == [url]


async def test_a_change_and_a_cancellation_are_updates_and_a_removal_a_delete(faces: Faces) -> None:
    home = faces.channels.home().id
    event = await scheduled(faces)
    await faces.made.tending.tend()
    await faces.made.schedule.put(home, Change("Bowls", id=event.id))
    await faces.made.tending.tend()
    async with faces.client() as http:

        async def document(status: int = 200) -> dict[str, Any]:
            answer = await http.get(f"/federation/event/{event.id}", headers=DOCUMENT)
            assert answer.status_code == status
            found: dict[str, Any] = answer.json()
            return found

        changed = await document()
        assert (changed["name"], changed["eventStatus"]) == ("Bowls", "EventScheduled")
        assert changed["updated"] > changed["published"]
        await faces.made.schedule.remove(home, event.id, cancel=True)
        await faces.made.tending.tend()
        assert (await document())["eventStatus"] == "EventCancelled"
        await faces.made.schedule.remove(home, event.id)
        await faces.made.tending.tend()
        await faces.made.tending.tend()
        assert (await document(410))["formerType"] == "Event"
    assert await OutboxRow.filter(kind="activity").count() == 4


async def test_what_was_cancelled_before_anybody_was_told_is_not_announced(faces: Faces) -> None:
    event = await scheduled(faces)
    await faces.made.schedule.remove(faces.channels.home().id, event.id, cancel=True)
    await faces.made.tending.tend()
    assert not await OutboxRow.filter(kind="activity").exists()


async def test_a_series_is_announced_two_weeks_ahead(faces: Faces) -> None:
    await scheduled(faces, start=None, recurrence=WEEKLY)
    await faces.made.tending.tend()
    assert await OutboxRow.filter(kind="activity").count() == 2
    faces.clock.advance(timedelta(days=7).total_seconds())
    await faces.made.tending.tend()
    assert await OutboxRow.filter(kind="activity").count() == 3


async def test_a_series_that_ends_cancels_what_followers_know_of(faces: Faces) -> None:
    home = faces.channels.home().id
    await scheduled(faces, start=None, recurrence=WEEKLY)
    await faces.made.tending.tend()
    series = (await faces.made.schedule.overview(home)).series[0]
    await faces.made.schedule.remove(home, series.id)
    left = (await faces.made.schedule.overview(home)).events
    assert [event.status.value for event in left] == ["cancelled", "cancelled"]
    await faces.made.tending.tend()
    assert await OutboxRow.filter(kind="activity").count() == 4


async def test_nothing_is_announced_while_federation_or_the_schedule_is_off(faces: Faces) -> None:
    await scheduled(faces)
    for setting in ("federation.enabled", "schedule.enabled"):
        await faces.settings.change(setting, False)
        await faces.made.tending.tend()
        assert not await OutboxRow.filter(kind="activity").exists()
        await faces.settings.change(setting, True)
    await faces.made.tending.tend()
    assert await OutboxRow.filter(kind="activity").count() == 1


async def test_the_reminder_is_posted_once_and_never_after_the_start(faces: Faces) -> None:
    await faces.settings.change("schedule.reminder_message", "Soon:")
    first = await scheduled(faces, name="First #1")
    await faces.made.tending.tend()
    faces.clock.advance(timedelta(hours=1, minutes=50).total_seconds())
    for _ in range(3):
        await faces.made.tending.tend()
    faces.clock.advance(-3600)  # a clock that is set back
    await faces.made.tending.tend()
    assert await OutboxRow.filter(kind="activity").count() == 2
    job = await OutboxRow.filter(kind="activity").order_by("-id").first()
    assert job is not None
    assert job.expires_at == first.starts_at.timestamp()
    async with faces.client() as http:
        outbox = (await http.get("/federation/user/streamer/outbox?page=1", headers=DOCUMENT)).json()
    note = next(each["object"] for each in outbox["orderedItems"] if each["object"]["type"] == "Note")
    assert note["inReplyTo"] == f"https://node.example/federation/event/{first.id}"
    assert "<strong>First #1</strong>" in note["content"]
    assert f"https://node.example/schedule/{first.id}" in note["content"]
    await scheduled(faces, name="Second", start=faces.clock.now() + timedelta(hours=20))
    faces.clock.advance(timedelta(hours=20, minutes=1).total_seconds())
    await faces.made.tending.tend()
    assert await OutboxRow.filter(kind="activity").count() == 2


async def test_without_a_message_there_is_no_post_and_still_a_warning(faces: Faces) -> None:
    event = await scheduled(faces)
    faces.clock.advance(timedelta(hours=1, minutes=55).total_seconds())
    await faces.made.tending.tend()
    assert (await row(event)).warned_at == faces.clock.now()
    assert await OutboxRow.filter(kind="activity").count() == 1


async def test_the_steps_are_sent_to_webhooks(faces: Faces) -> None:
    hooks = faces.made.webhooks.webhooks
    await hooks.create("https://hooks.example/y", ["SCHEDULED_EVENTS"])
    faces.made.facts.attach(stores(hooks))
    event = await scheduled(faces, minutes=30)
    told: list[dict[str, Any]] = []
    for minutes in (109, 1, 10, 29, 1, 60):
        faces.clock.advance(minutes * 60)
        await faces.made.tending.tend()
        for job in await OutboxRow.filter(kind="webhook_facts").order_by("id"):
            told += [line["fact"] for line in json.loads(job.body)["facts"]]
            await job.delete()
    assert [fact["fact"] for fact in told] == [
        "scheduled.event.coming",
        "scheduled.event.started",
        "scheduled.event.ended",
    ]
    assert {fact["event_id"] for fact in told} == {event.id}


async def test_two_workers_take_a_step_once(faces: Faces) -> None:
    await faces.settings.change("schedule.reminder_message", "Soon:")
    await scheduled(faces)
    faces.clock.advance(timedelta(hours=1, minutes=55).total_seconds())
    await asyncio.gather(*(faces.made.tending.tend() for _ in range(4)))
    assert await OutboxRow.filter(kind="activity").count() == 2


async def test_an_event_that_is_moved_is_told_anew(faces: Faces) -> None:
    await faces.settings.change("schedule.reminder_message", "Soon:")
    event = await scheduled(faces)
    faces.clock.advance(timedelta(hours=1, minutes=55).total_seconds())
    await faces.made.tending.tend()
    later = faces.clock.now() + timedelta(hours=5)
    await faces.made.schedule.put(event.channel_id, Change("Pots", id=event.id, start=later))
    await faces.made.tending.tend()
    assert (await row(event)).warned_at is None
    faces.clock.advance(timedelta(hours=4, minutes=55).total_seconds())
    await faces.made.tending.tend()
    assert (await row(event)).warned_at == faces.clock.now()


async def test_a_broadcast_belongs_to_the_nearest_event(faces: Faces) -> None:
    first = await scheduled(faces, start=faces.clock.now() + timedelta(minutes=20), minutes=30)
    second = await scheduled(faces, start=faces.clock.now() + timedelta(minutes=45), minutes=30)

    async def begin(broadcast_id: int, at: datetime) -> str:
        await faces.made.tending.match(BroadcastStarted(first.channel_id, broadcast_id, "", at))
        found = await faces.made.tending.event_at(first.channel_id, at)
        return found.id if found else ""

    now = faces.clock.now()
    assert await begin(1, now - timedelta(minutes=11)) == ""
    assert await begin(2, now) == first.id
    assert (await row(first)).broadcast_id == 2
    assert (await row(first)).started_at == now
    assert await begin(3, now + timedelta(minutes=5)) == first.id
    assert (await row(first)).broadcast_id == 2
    assert await begin(4, now + timedelta(minutes=40)) == second.id
    await faces.settings.change("schedule.enabled", False)
    assert await begin(5, now) == ""


async def test_the_scheduler_looks_again_when_the_next_step_is_due(faces: Faces) -> None:
    looks: list[float] = []

    async def note(at: float) -> None:
        looks.append(at)

    event = await scheduled(faces)
    context = ScheduleContext(faces.settings, faces.made.facts, faces.clock.now, event_id, note)
    await make_tending(context, faces.federation, lambda: (event.channel_id,)).tend()
    assert looks == [(event.starts_at - timedelta(minutes=10)).timestamp()]


async def test_the_copy_in_memory_names_the_event_of_a_broadcast_as_the_rows_do(faces: Faces) -> None:
    home, now = faces.channels.home().id, faces.clock.now()
    first = await scheduled(faces, start=now + timedelta(hours=2))
    second = await scheduled(faces, name="Bowls", start=now + timedelta(hours=2, minutes=50), minutes=30)
    for minutes, event in ((89, None), (91, first), (135, first), (160, second), (181, second), (201, None)):
        at = now + timedelta(minutes=minutes)
        found = faces.made.schedule.upcoming.at(home, at)
        assert found == await faces.made.tending.event_at(home, at)
        assert (found and found.id) == (event and event.id), minutes
