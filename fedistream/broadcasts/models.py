"""The rows of broadcasts."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from fedistream.db.fields import CharField


class BroadcastRow(Model):
    """A broadcast. `seen_at` is when it was last known to be running, which is its end if the node is killed.

    `end_reason` is a `BroadcastEndReason`, `end_detail` the text of one that has no code of its own. It may be null:
    workers of an older version, which may still run after an upgrade, do not know the column.
    """

    id = fields.BigIntField(primary_key=True)
    channel: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.ChannelRow", related_name="broadcasts")
    channel_id: int
    title = CharField(max_length=200)
    started_at = fields.DatetimeField()
    seen_at = fields.DatetimeField()
    lost_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    end_reason = CharField(max_length=200, default="")
    end_detail = CharField(max_length=200, null=True)
    encoder: fields.Field[dict[str, Any]] = fields.JSONField()
    peak_viewers = fields.IntField(default=0)

    class Meta:
        table = "broadcast"
        indexes = (("channel", "started_at"),)
