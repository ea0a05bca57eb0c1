"""The rows of the outbox, of remote servers' health, and of the scheduler.

Times are floats of Unix seconds: they are compared and swapped in SQL that is the same for both databases.
"""

from tortoise import fields
from tortoise.models import Model

from fedistream.db.fields import CharField


class OutboxRow(Model):
    """A job. `due` is when it is tried next or, while it is leased, when the lease ends. `once` is a digest or NULL."""

    id = fields.BigIntField(primary_key=True)
    kind = CharField(max_length=32)
    target = fields.TextField(default="")
    host = CharField(max_length=255, default="")
    group_key = CharField(max_length=64, default="")
    once = CharField(max_length=64, null=True, unique=True)
    # text and not JSON, whose members PostgreSQL would reorder: a retry must send the same bytes
    body = fields.TextField()
    state = CharField(max_length=8, default="ready")
    due = fields.FloatField()
    attempts = fields.IntField(default=0)
    expires_at = fields.FloatField(null=True)
    owner = CharField(max_length=100, default="")
    last_error = CharField(max_length=300, default="")
    created_at = fields.FloatField()
    finished_at = fields.FloatField(null=True)

    class Meta:
        table = "outbox"
        indexes = (("state", "due"), ("group_key", "state"), ("host", "state"))


class HostHealthRow(Model):
    """The health of a remote server that fails. A healthy one has no row."""

    host = CharField(max_length=255, primary_key=True)
    circuit = CharField(max_length=10)
    failures = fields.IntField()
    open_until = fields.FloatField()
    failing_days = fields.IntField()
    failing_since = fields.FloatField()
    failed_at = fields.FloatField()
    dead_since = fields.FloatField(null=True)

    class Meta:
        table = "host_health"


class ScheduledRow(Model):
    """The due time of a recurring task. The process that moves `due` on runs the task."""

    name = CharField(max_length=64, primary_key=True)
    due = fields.FloatField()
    runs = fields.IntField(default=0)
    last_run_at = fields.FloatField(null=True)

    class Meta:
        table = "scheduled"
