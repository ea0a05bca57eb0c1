"""The rows of notifications, of browsers that subscribed, and of the key that push services know the node by."""

from tortoise import fields
from tortoise.models import Model


class PushSubscriptionRow(Model):
    """A browser's subscription. `endpoint_hash` is a SHA-256, as an endpoint is too long for an index.

    `refusals` counts the answers in a row by which the push service refused a message for good.
    """

    id = fields.BigIntField(primary_key=True)
    channel_id = fields.BigIntField()
    endpoint = fields.TextField()
    endpoint_hash = fields.CharField(max_length=64)
    p256dh = fields.CharField(max_length=88)  # 65 bytes in base64url
    auth = fields.CharField(max_length=24)
    visitor_id = fields.CharField(max_length=16, default="")
    created_at = fields.DatetimeField()
    refusals = fields.IntField(default=0)

    class Meta:
        table = "push_subscription"
        unique_together = (("channel_id", "endpoint_hash"),)
        indexes = (("visitor_id", "id"),)


class VapidKeyRow(Model):
    """The node's key pair for push services, in base64url. Unencrypted, as the actors' private keys are (see
    NodeSecretRow). Subscriptions are bound to it, so it is never replaced."""

    name = fields.CharField(max_length=16, primary_key=True)
    private_key = fields.CharField(max_length=64)
    public_key = fields.CharField(max_length=128)

    class Meta:
        table = "vapid_key"


class NotificationRow(Model):
    """The notification about one broadcast by one way; `broadcast_id` is null for a test.

    `version` counts its changes, for compare and swap: of two workers, one sends. `message_id` is what the receiver
    calls it, by which it can be edited.
    """

    id = fields.BigIntField(primary_key=True)
    broadcast_id = fields.BigIntField(null=True)
    channel_id = fields.BigIntField()
    way = fields.CharField(max_length=10)
    state = fields.CharField(max_length=10)
    version = fields.IntField(default=0)
    why = fields.CharField(max_length=200, default="")
    due = fields.DatetimeField()
    sent_at = fields.DatetimeField(null=True)
    recipients = fields.IntField(default=0)
    message_id = fields.CharField(max_length=32, default="")

    class Meta:
        table = "notification"
        unique_together = (("broadcast_id", "way"),)
        indexes = (("state", "due"), ("channel_id", "way", "sent_at"))
