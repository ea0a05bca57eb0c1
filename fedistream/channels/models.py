"""The rows of channels and their stream keys."""

from tortoise import fields
from tortoise.models import Model


class ChannelRow(Model):
    id = fields.BigIntField(primary_key=True)
    slug = fields.CharField(max_length=40, unique=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "channel"


class StreamKeyRow(Model):
    """The key stands as it is: the admin wants to read it again, and whoever has the file has the video anyway."""

    id = fields.BigIntField(primary_key=True)
    channel: fields.ForeignKeyRelation[ChannelRow] = fields.ForeignKeyField("models.ChannelRow", related_name="keys")
    channel_id: int
    key = fields.CharField(max_length=200, unique=True)
    comment = fields.CharField(max_length=200)
    created_at = fields.DatetimeField()

    class Meta:
        table = "stream_key"
