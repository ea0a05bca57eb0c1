"""The rows of webhooks and their deliveries."""

from tortoise import fields
from tortoise.models import Model

from fedistream.db.fields import CharField


class WebhookRow(Model):
    """A webhook. `disabled` is empty or a code; the secret is stored as it is, because signing needs it."""

    id = fields.BigIntField(primary_key=True)
    url = CharField(max_length=2048)
    events: fields.Field[list[str]] = fields.JSONField()
    secret = CharField(max_length=256, default="")
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField(null=True)
    disabled = CharField(max_length=10, default="")
    failing_since = fields.DatetimeField(null=True)

    class Meta:
        table = "webhook"


class WebhookDeliveryRow(Model):
    """One event for one webhook. `body` is text and not JSON, because a retry must send the same bytes.

    `once` names webhook and event, so that an event is queued once however often its job is done. It is NULL for what
    the admin sends again. `busy_until` is set while the worker `busy_by` has the delivery in its memory.
    """

    id = fields.BigIntField(primary_key=True)
    webhook_id = fields.BigIntField()
    event = CharField(max_length=40)
    once = CharField(max_length=64, null=True, unique=True)
    message_id = CharField(max_length=40)
    body = fields.TextField()
    state = CharField(max_length=10)
    attempts = fields.IntField(default=0)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    busy_until = fields.DatetimeField(null=True)
    busy_by = CharField(max_length=100, default="")
    sent_at = fields.DatetimeField(null=True)
    duration_ms = fields.IntField(null=True)
    status = fields.IntField(null=True)
    answer = fields.TextField(default="")
    error = CharField(max_length=300, default="")
    headers: fields.Field[dict[str, str] | None] = fields.JSONField(null=True)

    class Meta:
        table = "webhook_delivery"
        indexes = (("webhook_id", "state", "id"), ("state", "expires_at"))
