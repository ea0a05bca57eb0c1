"""Reasons that the node states itself are stored as codes instead of sentences.

The new columns may be null: processes of the former version, which may still run, insert rows without them. They also
write sentences, so a reader must expect a code that it does not know. A sentence that has no code here stays readable:
its row gets the code "other", and the sentence is kept as the detail.
"""

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_ENDS = {
    "finished": "finished",
    "the encoder's connection was lost": "lost",
    "the encoder did not come back": "expired",
    "disconnected by the admin": "disconnected",
    "the node stopped": "node-stopped",
}
_SKIPS = {
    "the broadcast was over by then": "over",
    "federation is off": "federation-off",
    "there is no text for it": "no-text",
    "the last notice is too recent": "too-recent",
    "there is no such channel": "no-channel",
}
_BY_ADMIN = "banned by the admin"
_DISABLED = " was disabled"
# the columns with the cause's parameter, and what it looks like: "ID was disabled" and "NAME (ID) was disabled"
_BANS = (
    (
        "moderation_action",
        "why",
        "what = 'ban address' AND why LIKE '%_ was disabled' AND why NOT LIKE '% % was disabled'",
    ),
    ("ip_ban", "notes", "notes LIKE '%_ (%_) was disabled'"),
)


def upgrade() -> None:
    op.add_column("broadcast", sa.Column("end_detail", sa.String(length=200), nullable=True))
    op.add_column("notice", sa.Column("why_detail", sa.String(length=200), nullable=True))
    op.add_column("moderation_action", sa.Column("cause", sa.String(length=20), nullable=True))
    op.add_column("ip_ban", sa.Column("cause", sa.String(length=20), nullable=True))
    _to_codes("broadcast", "end_reason", "end_detail", _ENDS)
    _to_codes("notice", "why", "why_detail", _SKIPS)
    for table, column, disabled in _BANS:
        _run(
            f"UPDATE {table} SET cause = 'visitor-disabled', {column} = substr({column}, 1, length({column}) - :tail) "  # noqa: S608
            f"WHERE {disabled}",
            tail=len(_DISABLED),
        )
        _run(f"UPDATE {table} SET cause = 'admin', {column} = '' WHERE {column} = :said", said=_BY_ADMIN)  # noqa: S608


def downgrade() -> None:
    for table, column, _ in _BANS:
        _run(f"UPDATE {table} SET {column} = {column} || :tail WHERE cause = 'visitor-disabled'", tail=_DISABLED)  # noqa: S608
        _run(f"UPDATE {table} SET {column} = :said WHERE cause = 'admin'", said=_BY_ADMIN)  # noqa: S608
    _to_sentences("notice", "why", "why_detail", _SKIPS)
    _to_sentences("broadcast", "end_reason", "end_detail", _ENDS)
    for table, column in (
        ("ip_ban", "cause"),
        ("moderation_action", "cause"),
        ("notice", "why_detail"),
        ("broadcast", "end_detail"),
    ):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column(column)


def _to_codes(table: str, column: str, detail: str, codes: Mapping[str, str]) -> None:
    known = " AND ".join(f"{column} <> :known{n}" for n in range(len(codes)))
    _run(
        f"UPDATE {table} SET {detail} = {column}, {column} = 'other' WHERE {column} <> '' AND {known}",  # noqa: S608
        **{f"known{n}": sentence for n, sentence in enumerate(codes)},
    )
    for sentence, code in codes.items():
        _run(f"UPDATE {table} SET {column} = :code WHERE {column} = :sentence", code=code, sentence=sentence)  # noqa: S608


def _to_sentences(table: str, column: str, detail: str, codes: Mapping[str, str]) -> None:
    _run(f"UPDATE {table} SET {column} = {detail} WHERE {detail} IS NOT NULL")  # noqa: S608
    for sentence, code in codes.items():
        _run(f"UPDATE {table} SET {column} = :sentence WHERE {column} = :code", code=code, sentence=sentence)  # noqa: S608


def _run(statement: str, **values: object) -> None:
    op.get_bind().execute(sa.text(statement), values)
