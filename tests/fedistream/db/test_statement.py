"""SQL by hand, on the databases: named parameters, lists of them, and the transaction that is running."""

from datetime import UTC, datetime

import pytest

from fedistream.db import Database, atomic, statement
from fedistream.federation.models import SeenActivityRow

AT = datetime(2026, 1, 1, tzinfo=UTC)
INSERT = "INSERT INTO seen_activity (activity_id, at) VALUES (:id, :at) ON CONFLICT DO NOTHING RETURNING activity_id"


async def test_a_time_is_written_as_the_orm_writes_it(database: Database) -> None:
    assert await statement.rows(INSERT, {"id": "a", "at": AT}) == [{"activity_id": "a"}]
    assert await statement.rows(INSERT, {"id": "a", "at": AT}) == []
    assert await SeenActivityRow.filter(at__gte=AT, at__lte=AT).count() == 1


async def test_a_list_is_as_many_parameters_and_an_empty_one_finds_nothing(database: Database) -> None:
    for name in ("a", "b", "c"):
        await statement.rows(INSERT, {"id": name, "at": AT})
    find = "SELECT activity_id FROM seen_activity WHERE activity_id IN (:ids) ORDER BY activity_id"
    assert [row["activity_id"] for row in await statement.rows(find, {"ids": ["c", "a"]})] == ["a", "c"]
    assert await statement.rows(find, {"ids": []}) == []
    assert await statement.change("DELETE FROM seen_activity WHERE activity_id IN (:ids)", {"ids": ["a", "b"]}) == 2


async def test_many_rows_are_one_statement_and_those_that_were_there_are_not_returned(database: Database) -> None:
    insert = "INSERT INTO seen_activity (activity_id, at) VALUES {} ON CONFLICT DO NOTHING RETURNING activity_id"
    for names, new in ((["a"], {"a"}), (["a", "b", "c", "it's"], {"b", "c", "it's"})):
        text, values = statement.table([{"id": name, "at": AT} for name in names])
        assert {row["activity_id"] for row in await statement.rows(insert.format(text), values)} == new
    assert await SeenActivityRow.all().count() == 4
    with pytest.raises(AssertionError, match="without rows"):
        statement.table([])


async def test_a_statement_is_run_for_each_of_many_lines(database: Database) -> None:
    for name in ("a", "b", "c"):
        await statement.rows(INSERT, {"id": name, "at": AT})
    later, update = datetime(2026, 1, 2, tzinfo=UTC), "UPDATE seen_activity SET at = :at WHERE activity_id = :id"
    await atomic(statement.change_each, update, [{"id": name, "at": later} for name in ("a", "c", "x")])
    assert {row.activity_id for row in await SeenActivityRow.filter(at=later)} == {"a", "c"}
    await atomic(statement.change_each, update, [])


async def test_it_is_part_of_the_transaction_that_is_running(database: Database) -> None:
    async def fail() -> None:
        await statement.rows(INSERT, {"id": "a", "at": AT})
        raise LookupError

    with pytest.raises(LookupError):
        await atomic(fail)
    assert await SeenActivityRow.all().count() == 0
