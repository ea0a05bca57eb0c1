"""The rows of the settings."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from fedistream.db.fields import CharField

NODE = 0  # the channel_id of values for the whole node, and not NULL: a unique constraint allows many NULLs


class SettingRow(Model):
    """A stored value. `value` is {"value": ...}, because the ORM takes a plain text for encoded JSON."""

    id = fields.BigIntField(primary_key=True)
    name = CharField(max_length=64)
    channel_id = fields.BigIntField(default=NODE)
    value: fields.Field[Any] = fields.JSONField()

    class Meta:
        table = "setting"
        unique_together = (("name", "channel_id"),)
