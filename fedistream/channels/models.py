"""The rows of channels and their stream keys."""

from tortoise import fields
from tortoise.models import Model

from fedistream.db.fields import CharField


class ChannelRow(Model):
    """A channel. `slug` is its path segment in URLs."""

    id = fields.BigIntField(primary_key=True)
    slug = CharField(max_length=40, unique=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "channel"


class StreamKeyRow(Model):
    """A stream key in plain text: the admin must be able to read it again. Access to the file gives access to the
    videos anyway."""

    id = fields.BigIntField(primary_key=True)
    channel: fields.ForeignKeyRelation[ChannelRow] = fields.ForeignKeyField("models.ChannelRow", related_name="keys")
    channel_id: int
    key = CharField(max_length=200, unique=True)
    comment = CharField(max_length=200)
    created_at = fields.DatetimeField()

    class Meta:
        table = "stream_key"
