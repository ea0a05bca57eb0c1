"""Writes `newest_tables/`: the statements that make the newest tables, one file for each database.

Run `python -m fedistream.db.write_newest` after every new migration. Only developers and tests load this module.
"""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from fedistream.db import schema
from fedistream.db.address import SqliteAddress
from fedistream.db.newest import FOLDER
from fedistream.db.orm import config
from fedistream.db.revisions import MIGRATIONS

DIALECTS = {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect}
HEAD_NOTE = "-- Written by `python -m fedistream.db.write_newest`.\n"
VERSIONS = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY)"


def written(dialect: str) -> str:
    """Return the content of the file for "sqlite" or "postgresql"."""
    metadata = schema.build(config(SqliteAddress(MIGRATIONS)))  # the models are the same everywhere; nothing is opened
    made: list[str] = [VERSIONS]
    for table in metadata.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=DIALECTS[dialect]())))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        made += [str(CreateIndex(index).compile(dialect=DIALECTS[dialect]())) for index in indexes]
    return HEAD_NOTE + "".join(f"{_tidy(each)};\n\n" for each in made)


def _tidy(statement: str) -> str:
    return "\n".join(line.rstrip() for line in statement.strip().splitlines())


def main() -> None:
    """Write both files."""
    for dialect in DIALECTS:
        (FOLDER / f"{dialect}.sql").write_text(written(dialect), encoding="utf-8")


if __name__ == "__main__":
    main()
