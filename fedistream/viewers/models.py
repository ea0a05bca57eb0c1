"""The rows of the viewer counts."""

from tortoise import fields
from tortoise.models import Model

from fedistream.db.fields import CharField


class ViewerCountRow(Model):
    """The viewers of a channel in one minute, as one front process counted them. `at` is its beginning in Unix seconds,
    so that queries can divide it. `process` is null in a row of an older version."""

    id = fields.BigIntField(primary_key=True)
    channel_id = fields.BigIntField()
    at = fields.BigIntField()
    viewers = fields.IntField()
    process = CharField(max_length=32, null=True)

    class Meta:
        table = "viewer_count"
        unique_together = (("channel_id", "at", "process"),)
