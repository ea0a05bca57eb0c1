"""Scheduled events of Owncast 0.3: what is taken, and what the schedule here makes of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fedistream.schedule.models import ScheduledEventRow, ScheduleSeriesRow
from fedistream.schedule.values import MAX_MINUTES
from tests.kit.database import opened
from tests.kit.moving_in import imported
from tests.kit.owncast_folder import AT, V0_2_3, V0_3, OwncastFolder, make_folder, stamp

NOW = datetime.now(UTC).replace(microsecond=0)
FRIDAYS = "DTSTART;TZID=Europe/Berlin:20240503T200000\nRRULE:FREQ=WEEKLY;BYDAY=FR"


def event(event_id: str, start: datetime, **more: object) -> dict[str, object]:
    return {"id": event_id, "name": f"Event {event_id}", "start_time": stamp(start)} | more


def series(series_id: str, **more: object) -> dict[str, object]:
    return {"id": series_id, "name": "Fridays", "recurrence": FRIDAYS, "duration_minutes": 90} | more


def planned(path: Path) -> OwncastFolder:
    made = make_folder(path, V0_3)
    made.add("stream_event_series", series("ser_ies-1"), series("ended", active=False, updated_at=stamp(AT)))
    later = NOW + timedelta(days=8)
    made.add(
        "stream_events",
        event("one-off_1", NOW + timedelta(days=3), timezone="Europe/Paris", description="<b>bold</b>\nand more"),
        event("moved", later, series_id="ser_ies-1", original_start=stamp(later - timedelta(hours=2)), name="Fridays"),
        event("plain", later + timedelta(days=7), series_id="ser_ies-1", name="Fridays")
        | {"original_start": stamp(later + timedelta(days=7))},
        event("off", NOW + timedelta(days=4), status="cancelled", federated_at=stamp(AT)),
        event("past", NOW - timedelta(days=30), webhook_started_sent_at=stamp(NOW - timedelta(days=30))),
        event("orphan", NOW + timedelta(days=5), series_id="gone", original_start=stamp(NOW + timedelta(days=5))),
    )
    return made


def test_events_and_series_are_taken_with_their_ids_on_both_databases(tmp_path: Path, database_url: str) -> None:
    said = imported(planned(tmp_path / "owncast").path, tmp_path / "data", database_url)
    assert "2  series of events" in said
    assert "6  scheduled events" in said

    async def look() -> None:
        async with opened(database_url):
            rules = {row.id: row for row in await ScheduleSeriesRow.all()}
            assert {row_id: (row.minutes, row.active) for row_id, row in rules.items()} == {
                "ser_ies-1": (90, True),
                "ended": (90, False),
            }
            assert rules["ended"].updated_at == AT
            rows = {row.id: row for row in await ScheduledEventRow.all()}
            assert {row_id: row.series_id for row_id, row in rows.items()} == {
                "one-off_1": None,
                "moved": "ser_ies-1",
                "plain": "ser_ies-1",
                "off": None,
                "past": None,
                "orphan": None,
            }
            one = rows["one-off_1"]
            assert (one.starts_at, one.ends_at - one.starts_at) == (NOW + timedelta(days=3), timedelta(hours=1))
            assert (one.timezone, one.description) == ("Europe/Paris", "<b>bold</b>\nand more")
            assert (rows["moved"].edited, rows["plain"].edited) == (True, False)
            assert (rows["off"].status, one.status) == ("cancelled", "scheduled")
            past = rows["past"]
            assert (past.started_at, past.ended_at) == (NOW - timedelta(days=30), past.ends_at)
            assert {row.posted_version for row in rows.values()} == {None}

    asyncio.run(look())


def test_what_cannot_be_kept_is_reported(tmp_path: Path) -> None:
    source = make_folder(tmp_path / "owncast", V0_3)
    source.add(
        "stream_event_series",
        series("no-rule", recurrence="every friday"),
        series("often", recurrence="DTSTART:20240503T200000Z\nRRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5,6;BYMINUTE=1,2,3"),
        series("no-name", name="\u200b"),
        series("x" * 30),
    )
    twice = {"series_id": "ser", "original_start": stamp(NOW + timedelta(days=2))}
    source.add("stream_event_series", series("ser"))
    source.add(
        "stream_events",
        event("far-past", NOW - timedelta(days=500)),
        event("no-time", NOW, start_time="soon"),
        event("no status", NOW + timedelta(days=1)),
        event("odd-status", NOW + timedelta(days=1), status="paused"),
        event("odd-zone", NOW + timedelta(days=1), timezone="Mars/Olympus", duration_minutes=10**9),
        event("first", NOW + timedelta(days=2), **twice),
        event("second", NOW + timedelta(days=2), **twice),
    )
    said = imported(source.path, tmp_path / "data")
    assert "1  series of events\n" in said
    assert "2  scheduled events\n" in said
    for why in ("too often", "their id, name or time", "older than 400 days", "another one of that time"):
        assert why in said, said

    async def look() -> None:
        async with opened(f"sqlite://{tmp_path / 'data' / 'fedistream.db'}"):
            row = await ScheduledEventRow.get(id="odd-zone")
            assert (row.timezone, row.minutes) == ("UTC", MAX_MINUTES)

    asyncio.run(look())


def test_a_version_without_a_schedule_has_no_events(tmp_path: Path) -> None:
    said = imported(make_folder(tmp_path / "owncast", V0_2_3).path, tmp_path / "data")
    assert "events" not in said
