"""Column types that the two databases name differently, as migrations write them (`t.Json()`).

Own types and not `with_variant`, which Alembic writes into migrations as code that does not run.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


class _Kind(sa.types.TypeDecorator[Any]):
    cache_ok = True
    special: dict[str, sa.types.TypeEngine[Any]]

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(self.special.get(dialect.name, self.impl_instance))

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class BigId(_Kind):
    """The type of a 64-bit generated id."""

    impl = sa.BigInteger
    special = {"sqlite": sa.Integer()}  # noqa: RUF012 only INTEGER PRIMARY KEY is SQLite's row id


class SmallId(_Kind):
    """The type of a 16-bit generated id."""

    impl = sa.SmallInteger
    special = {"sqlite": sa.Integer()}  # noqa: RUF012 as above


class Json(_Kind):
    """JSON, as JSONB on PostgreSQL."""

    impl = sa.JSON
    cache_ok = True  # SQLAlchemy looks for it in each class itself, and revisions put it into statements
    special = {"postgresql": postgresql.JSONB()}  # noqa: RUF012 a constant


class Uuid(_Kind):
    """A UUID, as text on SQLite."""

    impl = sa.CHAR(36)
    special = {"postgresql": postgresql.UUID()}  # noqa: RUF012 a constant
