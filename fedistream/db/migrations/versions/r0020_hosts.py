"""The host of each remote actor, and indexes for what runs with every activity or deletion.

The host may be null: a process of the former version, which may still run, inserts rows without it.
"""

from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_AT_ONCE = 1000  # rows
_DEFAULT = {"http": ":80", "https": ":443"}
_SOME = sa.text("SELECT id, url FROM remote_actor WHERE id > :after ORDER BY id LIMIT :most")
_NAME = sa.text("UPDATE remote_actor SET host = :host WHERE id = :id")


def upgrade() -> None:
    with op.batch_alter_table("remote_actor", schema=None) as batch_op:
        batch_op.add_column(sa.Column("host", sa.String(length=260), nullable=True))
    _fill()
    with op.batch_alter_table("remote_actor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remote_actor_host"), ["host"], unique=False)
    with op.batch_alter_table("follower", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_follower_channel_id_state"))
        batch_op.create_index(
            batch_op.f("ix_follower_state_channel_id_id"), ["state", "channel_id", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_follower_actor_id"), ["actor_id"], unique=False)
    with op.batch_alter_table("engagement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_engagement_undone_at"), ["undone_at"], unique=False)
    with op.batch_alter_table("quote", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quote_revoked_at"), ["revoked_at"], unique=False)
    with op.batch_alter_table("remote_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_remote_note_channel_id_state"))
        batch_op.create_index(batch_op.f("ix_remote_note_state_channel_id"), ["state", "channel_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_remote_note_post_id_state"), ["post_id", "state"], unique=False)
    for table in ("visitor_token", "visitor_identity"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(batch_op.f(f"ix_{table}_visitor_id"), ["visitor_id"], unique=False)


def downgrade() -> None:
    for table in ("visitor_token", "visitor_identity"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(batch_op.f(f"ix_{table}_visitor_id"))
    with op.batch_alter_table("remote_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_remote_note_post_id_state"))
        batch_op.drop_index(batch_op.f("ix_remote_note_state_channel_id"))
        batch_op.create_index(batch_op.f("ix_remote_note_channel_id_state"), ["channel_id", "state"], unique=False)
    with op.batch_alter_table("quote", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quote_revoked_at"))
    with op.batch_alter_table("engagement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_engagement_undone_at"))
    with op.batch_alter_table("follower", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_follower_actor_id"))
        batch_op.drop_index(batch_op.f("ix_follower_state_channel_id_id"))
        batch_op.create_index(batch_op.f("ix_follower_channel_id_state"), ["channel_id", "state"], unique=False)
    with op.batch_alter_table("remote_actor", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_remote_actor_host"))
        batch_op.drop_column("host")


def _fill() -> None:
    connection, after = op.get_bind(), 0
    while rows := connection.execute(_SOME, {"after": after, "most": _AT_ONCE}).fetchall():
        connection.execute(_NAME, [{"id": row_id, "host": _host(url)} for row_id, url in rows])
        after = rows[-1][0]


def _host(url: str) -> str:
    """Return the host of a URL, with the port unless it is the default one."""
    scheme, authority = urlsplit(url)[:2]
    return authority.lower().removesuffix(_DEFAULT.get(scheme.lower(), ":"))
