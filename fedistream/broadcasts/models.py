"""The rows of broadcasts."""

from typing import Any

from tortoise import fields
from tortoise.models import Model


class BroadcastRow(Model):
    """A broadcast. `seen_at` is when it was last known to be running, which is its end if the node is killed."""

    id = fields.BigIntField(primary_key=True)
    channel: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.ChannelRow", related_name="broadcasts")
    channel_id: int
    title = fields.CharField(max_length=200)
    started_at = fields.DatetimeField()
    seen_at = fields.DatetimeField()
    lost_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    end_reason = fields.CharField(max_length=200, default="")
    encoder: fields.Field[dict[str, Any]] = fields.JSONField()
    peak_viewers = fields.IntField(default=0)

    class Meta:
        table = "broadcast"
        indexes = (("channel", "started_at"),)
