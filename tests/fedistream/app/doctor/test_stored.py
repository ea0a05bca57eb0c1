"""Tests of the doctor's look at the database."""

import sqlite3
from contextlib import closing
from pathlib import Path

from fedistream.app.doctor import stored
from fedistream.app.doctor.finding import Finding, State
from fedistream.db.address import parse
from fedistream.jobs.models import OutboxRow
from tests.kit.database import empty_database, opened


async def test_the_outbox_is_late_when_no_worker_runs(database_url: str) -> None:
    async with opened(database_url):
        await OutboxRow.create(kind="x", body="{}", due=1.0, created_at=1.0)
        await OutboxRow.create(kind="x", body="{}", due=1.0, created_at=1.0, state="dead")
    database, outbox = (await stored.look(parse(database_url))).findings
    assert database.state is State.OK
    assert (outbox.state, "1 waiting, 1 given up" in outbox.text) == (State.FAIL, True)
    assert "worker" in outbox.advice


async def test_a_database_that_is_newer_older_damaged_or_away_is_told_of(tmp_path: Path) -> None:
    url = empty_database(tmp_path)
    path = tmp_path / "test.db"

    async def look() -> Finding:
        return (await stored.look(parse(url))).findings[0]

    for revision, state in (("9999", State.FAIL), ("0001", State.WARN)):
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        assert (await look()).state is state
    path.write_bytes(b"x" * 5000)
    assert (await look()).state is State.FAIL
    path.unlink()
    assert (await look()).state is State.WARN
    assert not path.exists()
    away = await stored.look(parse("postgresql://nobody@127.0.0.1:1/x"))
    assert (away.findings[0].state, "database server" in away.findings[0].advice) == (State.FAIL, True)
