"""The translation of Tortoise's models to the tables that Alembic compares: every kind of field, on both systems."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.dialects import postgresql, sqlite

from fedistream.db.address import Address, parse
from fedistream.db.migrate import connected
from fedistream.db.orm import MODELS, config
from fedistream.db.schema import build
from tests.house.tree import modules
from tests.kit.postgres import Postgres

CONFIG: dict[str, Any] = config(parse("sqlite://nowhere.db"))


def models(name: str) -> dict[str, Any]:
    return {**CONFIG, "apps": {"models": {"models": [f"tests.fedistream.db.{name}"], "default_connection": "sqlite"}}}


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Address:
    if request.param == "sqlite":
        return parse(f"sqlite://{tmp_path / 'test.db'}")
    server: Postgres = request.getfixturevalue("postgres")
    return parse(server.make())


def test_tables_made_from_the_models_agree_with_them(address: Address) -> None:
    tables = build(models("specimens"))
    with connected(address) as connection:
        tables.create_all(connection)
        options = {"compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), tables) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("ALTER TABLE book DROP COLUMN weight", "add_column"),
        ("ALTER TABLE book ADD COLUMN stray INTEGER", "remove_column"),
        ("DROP TABLE book_keyword", "add_table"),
        ("DROP INDEX ix_book_pages", "add_index"),
        ("ALTER TABLE book ALTER COLUMN price TYPE NUMERIC(12,3)", "modify_type"),
        ("ALTER TABLE book ALTER COLUMN shelf_id SET NOT NULL", "modify_nullable"),
        ("ALTER TABLE book ALTER COLUMN lent SET DEFAULT true", "modify_default"),
        ("ALTER TABLE book DROP CONSTRAINT uq_book_shelf_id_price", "add_constraint"),
        ("ALTER TABLE book DROP CONSTRAINT fk_book_shelf_id", "add_fk"),
    ],
)
def test_each_kind_of_drift_is_seen(postgres: Postgres, change: str, told: str) -> None:
    tables = build(models("specimens"))
    with connected(parse(postgres.make())) as connection:
        tables.create_all(connection)
        connection.execute(sa.text("DROP INDEX by_weight"))
        tables.tables["book"].indexes = {each for each in tables.tables["book"].indexes if each.name != "by_weight"}
        connection.execute(sa.text(change))
        options = {"compare_type": True, "compare_server_default": True}
        assert told in str(compare_metadata(MigrationContext.configure(connection, opts=options), tables))


def test_columns_have_the_types_that_each_system_knows() -> None:
    book = build(models("specimens")).tables["book"]

    def types(dialect: sa.Dialect) -> dict[str, str]:
        return {name: book.c[name].type.compile(dialect) for name in ("id", "price", "more", "added", "sold")}

    # neither constructor says its types
    systems: tuple[sa.Dialect, sa.Dialect] = (sqlite.dialect(), postgresql.dialect())  # type: ignore[no-untyped-call]
    assert types(systems[0]) == {
        "id": "CHAR(36)",
        "price": "VARCHAR(40)",
        "more": "JSON",
        "added": "DATETIME",
        "sold": "BIGINT",
    }
    assert types(systems[1]) == {
        "id": "UUID",
        "price": "NUMERIC(10, 2)",
        "more": "JSONB",
        "added": "TIMESTAMP WITH TIME ZONE",
        "sold": "BIGINT",
    }


def test_relations_become_keys_with_their_rules() -> None:
    tables = build(models("specimens")).tables
    rules = {key.parent.name: (key.target_fullname, key.ondelete) for key in tables["book"].foreign_keys}
    assert rules == {"shelf_id": ("shelf.id", "SET NULL"), "twin_id": ("book.id", "CASCADE")}
    assert {key.target_fullname for key in tables["book_keyword"].foreign_keys} == {"book.id", "keyword.word"}
    assert tables["shelf"].dialect_options["sqlite"]["autoincrement"]
    assert not tables["keyword"].dialect_options["sqlite"]["autoincrement"]


def test_constraints_have_names_by_which_they_can_be_changed() -> None:
    book = build(models("specimens")).tables["book"]
    assert {str(each.name) for each in book.constraints} == {
        *("pk_book", "uq_book_shelf_id_price", "uq_book_twin_id", "fk_book_shelf_id", "fk_book_twin_id")
    }
    assert {str(each.name) for each in book.indexes} == {"ix_book_pages", "ix_book_sold_added", "by_weight"}


def test_a_kind_of_field_without_a_column_type_fails_loudly() -> None:
    with pytest.raises(TypeError, match="no column type for OddField"):
        build(models("oddity"))


async def test_the_tables_can_be_built_while_a_loop_runs() -> None:
    assert "channel" in (await asyncio.to_thread(build, CONFIG)).tables
    assert "channel" in build(CONFIG).tables


def test_every_module_with_models_is_in_the_list() -> None:
    found = {
        name
        for name, module in modules(folders=("fedistream",)).items()
        if name != "fedistream.db.schema" and "(Model):" in module.text
    }
    assert found == set(MODELS)
