"""The one door to a transaction, on both databases."""

import asyncio
import logging
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tortoise.exceptions import IntegrityError

from fedistream.channels.models import ChannelRow, StreamKeyRow
from fedistream.db import Database, DatabaseLocked, DatabaseUnreachable, TurnInside, atomic
from fedistream.db.transaction import settle
from tests.kit.database import empty_database, opened
from tests.kit.postgres import Postgres

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fedistream'"


async def make(*slugs: str) -> int:
    for slug in slugs:
        await ChannelRow.create(slug=slug, created_at=NOW)
    return len(slugs)


async def make_and_fail(slug: str) -> None:
    await make(slug)
    raise LookupError(slug)


async def slugs() -> list[str]:
    return [row.slug for row in await ChannelRow.all().order_by("id")]


@pytest.mark.usefixtures("database")
class TestOnBothDatabases:
    async def test_what_returns_is_committed_and_its_result_handed_on(self) -> None:
        assert await atomic(make, "a", "b") == 2
        assert await slugs() == ["a", "b"]

    async def test_what_raises_has_not_happened(self) -> None:
        with pytest.raises(LookupError, match="c"):
            await atomic(make_and_fail, "c")
        assert await slugs() == []

    async def test_a_broken_constraint_takes_everything_before_it_back(self) -> None:
        with pytest.raises(IntegrityError):
            await atomic(make, "a", "b", "a")
        assert await slugs() == []
        await atomic(make, "a")
        assert await slugs() == ["a"]

    @pytest.mark.slow
    async def test_five_hundred_cancelled_callers_freeze_nothing_and_lose_nothing(self) -> None:
        for n in range(500):
            task = asyncio.create_task(atomic(make, f"s{n}"))
            for _ in range(n % 7):  # cancelled before it began, while it begins, writes, commits
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await settle()
        begun = await slugs()
        # a task that is cancelled before its first step never asked for the transaction
        assert len(begun) >= 400
        assert await asyncio.wait_for(atomic(make, "after"), 30) == 1
        assert await slugs() == [*begun, "after"]

    async def test_memory_follows_the_rows_although_the_caller_was_cancelled(self) -> None:
        remembered: list[int] = []
        task = asyncio.create_task(atomic(make, "a", "b", on_committed=remembered.append))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await settle()
        assert remembered == [2]
        assert await slugs() == ["a", "b"]

    async def test_a_failure_after_the_caller_had_gone_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        task = asyncio.create_task(atomic(make_and_fail, "lost"))
        await asyncio.sleep(0)
        task.cancel()
        with caplog.at_level(logging.ERROR), pytest.raises(asyncio.CancelledError):
            await task
        await settle()
        await asyncio.sleep(0)
        assert "make_and_fail failed after its caller had gone" in caplog.text

    async def test_nothing_is_called_after_a_transaction_that_failed(self) -> None:
        called: list[object] = []
        with pytest.raises(LookupError):
            await atomic(make_and_fail, "a", on_committed=called.append)
        assert called == []

    async def test_an_inner_transaction_is_a_savepoint_of_the_outer_one(self) -> None:
        async def outer() -> None:
            await make("before")
            with pytest.raises(LookupError):
                await atomic(make_and_fail, "inner")
            await atomic(make, "kept")

        await atomic(outer)
        assert await slugs() == ["before", "kept"]

    async def test_what_follows_an_inner_commit_waits_for_the_outer_one(self) -> None:
        told: list[str] = []

        async def outer() -> None:
            with pytest.raises(LookupError):
                await atomic(failing)
            await atomic(make, "a", on_committed=lambda _: told.append("inner"))
            assert told == []

        async def failing() -> None:
            await atomic(make, "x", on_committed=lambda _: told.append("of what was taken back"))
            raise LookupError

        await atomic(outer, on_committed=lambda _: told.append("outer"))
        assert told == ["inner", "outer"]

    async def test_what_follows_an_inner_commit_is_dropped_when_the_outer_one_fails(self) -> None:
        told: list[int] = []

        async def outer() -> None:
            await atomic(make, "a", on_committed=told.append)
            raise LookupError

        with pytest.raises(LookupError):
            await atomic(outer)
        assert told == []
        assert await slugs() == []

    async def test_a_task_begun_by_what_follows_is_outside_the_transaction(self) -> None:
        begun: list[asyncio.Task[int]] = []
        await atomic(make, "a", on_committed=lambda _: begun.append(asyncio.create_task(make("b"))))
        await begun[0]
        assert await slugs() == ["a", "b"]

    async def test_transactions_with_one_turn_lock_run_one_after_the_other(self) -> None:
        turn, order = asyncio.Lock(), list[str]()

        async def step(name: str) -> str:
            order.append(f"{name} begins")
            await make(name)
            return name

        def done(name: str) -> None:
            order.append(f"{name} is remembered")

        await asyncio.gather(*[atomic(step, name, on_committed=done, turn=turn) for name in "abc"])
        assert order == [f"{name} {what}" for name in "abc" for what in ("begins", "is remembered")]

    async def test_a_turn_inside_a_transaction_is_refused_and_does_not_wait_for_ever(self) -> None:
        turn = asyncio.Lock()

        async def outer() -> None:
            await make("outer")
            await atomic(make, "inner", turn=turn)

        async with asyncio.timeout(30):
            # one has the turn and wants the database, the other has the database and wants the turn
            results = await asyncio.gather(
                *(atomic(outer), atomic(make, "other", turn=turn), atomic(outer)), return_exceptions=True
            )
        assert [type(each) for each in results] == [TurnInside, int, TurnInside]
        assert await slugs() == ["other"]

    async def test_many_at_once_are_all_committed(self) -> None:
        await asyncio.gather(*[atomic(make, f"s{n}") for n in range(60)])
        assert len(await slugs()) == 60

    async def test_closing_waits_for_what_runs(self, database: Database) -> None:
        entered, go = asyncio.Event(), asyncio.Event()

        async def slow() -> int:
            await make("slow")
            entered.set()
            await go.wait()
            return await make("too")

        writing = asyncio.create_task(atomic(slow))
        await entered.wait()
        closing_ = asyncio.create_task(database.close())
        await asyncio.sleep(0.05)
        assert not closing_.done()
        go.set()
        assert await writing == 1
        await closing_
        await database.open()
        assert await slugs() == ["slow", "too"]


async def test_a_commit_that_fails_leaves_nothing_for_the_next_one_to_commit(tmp_path: Path) -> None:
    async with opened(empty_database(tmp_path)):

        async def orphan() -> None:
            from_here = ChannelRow._meta.db
            await from_here.execute_query("PRAGMA defer_foreign_keys = ON")  # checked by COMMIT, which then fails
            await StreamKeyRow.create(channel_id=4711, key="orphan", comment="", created_at=NOW)

        with pytest.raises((IntegrityError, sqlite3.IntegrityError)):
            await atomic(orphan)
        await atomic(make, "a")
        assert await slugs() == ["a"]
        assert not await StreamKeyRow.exists()


async def test_two_processes_that_read_first_and_then_write_wait_for_each_other(tmp_path: Path) -> None:
    async with opened(empty_database(tmp_path), wait_s=20):
        with closing(sqlite3.connect(tmp_path / "test.db", isolation_level=None, check_same_thread=False)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("INSERT INTO person (name, role, password_hash, created_at) VALUES ('x', '', '', '')")

            async def read_and_write() -> int:
                assert await slugs() == []
                return await make("a")

            waiting = asyncio.create_task(atomic(read_and_write))
            await asyncio.sleep(0.1)
            assert not waiting.done()
            other.execute("COMMIT")
            assert await waiting == 1


async def test_a_lock_that_is_not_let_go_has_a_name_and_freezes_nothing(tmp_path: Path) -> None:
    async with opened(empty_database(tmp_path), wait_s=0.05):
        with closing(sqlite3.connect(tmp_path / "test.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for _ in range(3):
                with pytest.raises(DatabaseLocked, match="another process holds it"):
                    await atomic(make, "a")
            other.execute("ROLLBACK")
        assert await atomic(make, "a") == 1


async def test_a_transaction_begins_on_a_new_connection_when_the_server_has_ended_the_old_ones(
    postgres: Postgres, postgres_template: str
) -> None:
    async with opened(postgres.make(postgres_template) + "&minsize=2&maxsize=2"):
        for n in range(6):  # more often than the pool has connections
            # without a turn of the loop, so that the driver has not seen the end when the transaction begins
            postgres.say(CUT)
            assert await asyncio.wait_for(atomic(make, f"s{n}"), 20) == 1
        assert len(await slugs()) == 6


async def test_a_server_that_ends_our_connection_within_a_transaction_is_named(
    postgres: Postgres, postgres_template: str
) -> None:
    async with opened(postgres.make(postgres_template) + "&minsize=1&maxsize=2"):

        async def cut_off() -> None:
            await make("never")
            postgres.say(CUT)
            await make("neither")

        for _ in range(3):
            with pytest.raises(DatabaseUnreachable):
                await asyncio.wait_for(atomic(cut_off), 20)
        assert await asyncio.wait_for(atomic(make, "after"), 20) == 1
        assert await slugs() == ["after"]
