"""The table with the values of the settings."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

NODE = 0  # the channel_id of what holds for the whole node: a unique constraint treats no two NULLs as equal


class SettingRow(Model):
    """`value` is {"value": ...}: the ORM takes a bare text for JSON that is written already."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=64)
    channel_id = fields.BigIntField(default=NODE)
    value: fields.Field[Any] = fields.JSONField()

    class Meta:
        table = "setting"
        unique_together = (("name", "channel_id"),)
