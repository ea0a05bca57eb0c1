"""Column types that both databases know under different names, as revisions write them (`t.Json()`).

Types of our own rather than `with_variant`, which Alembic writes into revisions as code that does not run.
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
    impl = sa.BigInteger
    special = {"sqlite": sa.Integer()}  # noqa: RUF012 only INTEGER PRIMARY KEY is SQLite's row id


class SmallId(_Kind):
    impl = sa.SmallInteger
    special = {"sqlite": sa.Integer()}  # noqa: RUF012 as above


class Json(_Kind):
    impl = sa.JSON
    special = {"postgresql": postgresql.JSONB()}  # noqa: RUF012 a constant


class Uuid(_Kind):
    impl = sa.CHAR(36)
    special = {"postgresql": postgresql.UUID()}  # noqa: RUF012 a constant
