"""The rows of the viewer counts."""

from tortoise import fields
from tortoise.models import Model


class ViewerCountRow(Model):
    """The viewers of a channel in one minute. `at` is its beginning in Unix seconds, so that queries can divide it."""

    id = fields.BigIntField(primary_key=True)
    channel_id = fields.BigIntField()
    at = fields.BigIntField()
    viewers = fields.IntField()

    class Meta:
        table = "viewer_count"
        unique_together = (("channel_id", "at"),)
