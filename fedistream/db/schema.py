"""The models' tables as SQLAlchemy objects, which Alembic compares with a database.

Only developers and tests load this module.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa
from tortoise.context import TortoiseContext
from tortoise.models import MetaInfo, Model

from fedistream.db import column_types as t

NAMES = {  # batch mode on SQLite can only change a constraint that has a name
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}
Field = Any  # the attributes of Tortoise's fields have no type hints
Type = sa.types.TypeEngine[Any]
IDS: dict[str, Callable[[], Type]] = {"BigIntField": t.BigId, "SmallIntField": t.SmallId, "IntField": sa.Integer}
TYPES: dict[str, Callable[[Field], Type]] = {
    "BigIntField": lambda f: sa.BigInteger(),
    "SmallIntField": lambda f: sa.SmallInteger(),
    "IntField": lambda f: sa.Integer(),
    "TextField": lambda f: sa.Text(),
    "CharField": lambda f: sa.String(f.max_length),
    "BooleanField": lambda f: sa.Boolean(),
    # SQLite's NUMERIC would turn decimals into floats
    "DecimalField": lambda f: sa.Numeric(f.max_digits, f.decimal_places).with_variant(sa.String(40), "sqlite"),
    "DatetimeField": lambda f: sa.DateTime(timezone=True),
    "DateField": lambda f: sa.Date(),
    "TimeField": lambda f: sa.Time(timezone=True),
    "TimeDeltaField": lambda f: sa.BigInteger(),
    "FloatField": lambda f: sa.Double(),
    "BinaryField": lambda f: sa.LargeBinary(),
    "JSONField": lambda f: t.Json(),
    "UUIDField": lambda f: t.Uuid(),
}


def build(config: dict[str, Any]) -> sa.MetaData:
    """Return the tables of all models that Tortoise's `config` names. Opens no connection.

    Raises TypeError for a kind of field without a column type in TYPES.
    """
    metadata = sa.MetaData(naming_convention=NAMES)
    for model in _models(config):
        _add_table(metadata, model._meta)
    for model in _models(config):
        _add_links(metadata, model._meta)
    return metadata


def _models(config: dict[str, Any]) -> Iterator[type[Model]]:
    async def load() -> list[type[Model]]:
        context = TortoiseContext()
        await context.init(config=config, init_connections=False)
        assert context.apps is not None
        return [model for app in context.apps.values() for model in app.values()]

    # in a thread, because the caller may be inside a running loop
    with ThreadPoolExecutor(1) as pool:
        yield from pool.submit(asyncio.run, load()).result()


def _add_table(metadata: sa.MetaData, meta: MetaInfo) -> None:
    # autoincrement: otherwise SQLite reuses the ids of deleted rows, and ids are cursors for clients
    table = sa.Table(meta.db_table, metadata, sqlite_autoincrement=meta.pk.generated)
    links = {meta.fields_map[name].source_field: meta.fields_map[name] for name in (*meta.fk_fields, *meta.o2o_fields)}
    for name in meta.fields_db_projection:
        field: Field = meta.fields_map[name]
        column = _column(field)
        if (link := links.get(name)) is not None:
            _refer(column, link)
        table.append_column(column)
        if field.index and not field.unique and not field.pk:
            sa.Index(None, column)
    for group in meta.unique_together:
        table.append_constraint(sa.UniqueConstraint(*[_source(meta, name) for name in group]))
    for index in meta.indexes:
        fields: Any = getattr(index, "fields", index)
        sa.Index(getattr(index, "name", None), *[table.c[_source(meta, name)] for name in fields])


def _column(field: Field) -> sa.Column[Any]:
    kind = IDS[type(field).__name__]() if field.pk and field.generated else _type(field)
    default = None
    if field.has_db_default():
        # as text: sa.false() would be written into the revision as 0 on SQLite, which PostgreSQL refuses
        default = sa.text({True: "true", False: "false"}.get(field.db_default, repr(field.db_default)))
    return sa.Column(
        field.source_field or field.model_field_name,
        kind,
        primary_key=field.pk,
        nullable=field.null and not field.pk,
        unique=bool(field.unique and not field.pk) or None,
        server_default=default,
    )


def _type(field: Field) -> Type:
    for kind in type(field).__mro__:  # so that derived fields have the type of their parent
        if kind.__name__ in TYPES:
            return TYPES[kind.__name__](field)
    raise TypeError(f"no column type for {type(field).__name__}")


def _refer(column: sa.Column[Any], link: Field) -> None:
    there, key = link.related_model._meta, link.to_field_instance
    target = f"{there.db_table}.{key.source_field or key.model_field_name}"
    column.append_foreign_key(sa.ForeignKey(target, ondelete=link.on_delete.value))
    column.unique = bool(link.unique) or None


def _add_links(metadata: sa.MetaData, meta: MetaInfo) -> None:
    """Add the tables between two models. Tortoise describes each from both sides and generates one of them."""
    for name in meta.m2m_fields:
        link: Field = meta.fields_map[name]
        if not link._generated and link.through not in metadata.tables:
            there = link.related_model._meta
            sides = _side(link.backward_key, meta, link), _side(link.forward_key, there, link)
            sa.Table(link.through, metadata, *sides)


def _side(key: str, to: MetaInfo, link: Field) -> sa.Column[Any]:
    target = sa.ForeignKey(f"{to.db_table}.{to.db_pk_column}", ondelete=link.on_delete.value)
    return sa.Column(key, _type(to.pk), target, primary_key=True)


def _source(meta: MetaInfo, name: str) -> str:
    return meta.fields_map[name].source_field or name
