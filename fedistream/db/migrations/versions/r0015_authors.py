"""Lines of the chat by people of the fediverse are found by who they are of."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_URL = {"sqlite": "json_extract(more, '$.remote.url')", "postgresql": "CAST(more AS jsonb) #>> '{remote,url}'"}


def upgrade() -> None:
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("author", sa.String(length=2048), nullable=True))
    url = _URL[op.get_bind().dialect.name]
    op.execute(f"UPDATE message SET author = {url} WHERE origin = 'fediverse' AND more IS NOT NULL")  # noqa: S608
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_author"), ["author"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_author"))
        batch_op.drop_column("author")
