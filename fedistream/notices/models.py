"""The rows of notices."""

from tortoise import fields
from tortoise.models import Model

from fedistream.db.fields import CharField


class NoticeRow(Model):
    """The notice of one broadcast. `version` counts its changes, for compare and swap: of two workers, one posts.

    `custom` is a text by the admin, `said` the text that was posted last, `title` the title in it. `retitle_due` is
    when a new title is announced. `why` is a `SkipReason`. `event_id` and `event_name` are those of the scheduled
    event that the broadcast belongs to. They and `why_detail` may be null, because workers of an older version do not
    know the columns.
    """

    id = fields.BigIntField(primary_key=True)
    broadcast_id = fields.BigIntField(unique=True)
    channel_id = fields.BigIntField()
    state = CharField(max_length=10)
    version = fields.IntField(default=0)
    why = CharField(max_length=200, default="")
    why_detail = CharField(max_length=200, null=True)
    custom = fields.TextField(default="")
    said = fields.TextField(default="")
    title = CharField(max_length=200, default="")
    due = fields.DatetimeField()
    post_id = CharField(max_length=24, default="")
    posted_at = fields.DatetimeField(null=True)
    updated_at = fields.DatetimeField(null=True)
    retitle_due = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    event_id = CharField(max_length=24, null=True)
    event_name = CharField(max_length=200, null=True)

    class Meta:
        table = "notice"
        indexes = (("channel_id", "posted_at"), ("closed_at", "state"))
