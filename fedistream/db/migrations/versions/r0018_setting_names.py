"""Settings are stored under our own names, and the chat's switch says when it is on."""

from typing import Any

import sqlalchemy as sa
from alembic import op

import fedistream.db.column_types as t

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_NAMES = {
    "name": "channel.name",
    "serversummary": "channel.summary",
    "streamtitle": "channel.title",
    "offlinemessage": "channel.offline_message",
    "pagecontent": "channel.page_content",
    "tags": "channel.tags",
    "nsfw": "channel.nsfw",
    "socialhandles": "channel.social_handles",
    "hideviewercount": "channel.hide_viewer_count",
    "serverurl": "node.public_url",
    "disablesearchindexing": "node.disable_search_indexing",
}
_DISABLED, _ENABLED = "chat.disabled", "chat.enabled"
_SETTING = sa.table("setting", sa.column("id"), sa.column("name"), sa.column("value", t.Json()))


def upgrade() -> None:
    for former, name in _NAMES.items():
        _rename(former, name)
    _rename(_DISABLED, _ENABLED)
    _negate(_ENABLED)


def downgrade() -> None:
    for former, name in _NAMES.items():
        _rename(name, former)
    _rename(_ENABLED, _DISABLED)
    _negate(_DISABLED)


def _rename(before: str, after: str) -> None:
    op.get_bind().execute(sa.update(_SETTING).where(_SETTING.c.name == before).values(name=after))


def _negate(name: str) -> None:
    """Store the opposite of the flag; a value that is none is ignored by the node, and stays as it is."""
    database = op.get_bind()
    found: list[Any] = list(database.execute(sa.select(_SETTING.c.id, _SETTING.c.value).where(_SETTING.c.name == name)))
    for number, stored in found:
        if isinstance(stored, dict) and isinstance(stored.get("value"), bool):
            negated = {"value": not stored["value"]}
            database.execute(sa.update(_SETTING).where(_SETTING.c.id == number).values(value=negated))
