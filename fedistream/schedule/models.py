"""The rows of the schedule."""

from tortoise import fields
from tortoise.models import Model

from fedistream.db.fields import CharField


class ScheduleSeriesRow(Model):
    """A series. `recurrence` is as the admin gave it."""

    id = CharField(max_length=24, primary_key=True)
    channel_id = fields.BigIntField()
    name = CharField(max_length=200)
    description = fields.TextField(default="")
    recurrence = CharField(max_length=1000)
    minutes = fields.IntField()
    active = fields.BooleanField(default=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "schedule_series"
        indexes = (("channel_id", "id"),)


class ScheduledEventRow(Model):
    """An event. `original_start` is what the rule of its series made, and stays when the event is moved; `edited` says
    that the admin changed this event alone. `version` counts the changes that followers see, `posted_version` is the
    one that they were sent last, NULL before the first.

    `warned_at`, `started_at` and `ended_at` are when each of these was announced, so that none is announced twice.
    """

    id = CharField(max_length=24, primary_key=True)
    channel_id = fields.BigIntField()
    series_id = CharField(max_length=24, null=True)
    original_start = fields.DatetimeField(null=True)
    name = CharField(max_length=200)
    description = fields.TextField(default="")
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    minutes = fields.IntField()
    timezone = CharField(max_length=64)
    status = CharField(max_length=10)
    edited = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    version = fields.IntField(default=1)
    posted_version = fields.IntField(null=True)
    warned_at = fields.DatetimeField(null=True)
    started_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    broadcast_id = fields.BigIntField(null=True)

    class Meta:
        table = "scheduled_event"
        indexes = (("channel_id", "starts_at"), ("status", "ends_at"), ("broadcast_id",))
        unique_together = (("series_id", "original_start"),)
