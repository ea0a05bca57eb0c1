"""The rows of integrations."""

from tortoise import fields
from tortoise.models import Model

from fedistream.db.fields import CharField


class IntegrationRow(Model):
    """An integration. Only the SHA-256 of its token is stored, unsalted: the token has 256 random bits.

    `seed`, in hexadecimal, makes the token again with a key of the node; it is null for tokens that were not made so.
    `handle` is the beginning of the token, by which the admin recognises it. `visitor_id` is not a foreign key: the bot
    may be deleted, and then the token is invalid.
    """

    id = fields.BigIntField(primary_key=True)
    token_hash = CharField(max_length=64, unique=True)
    seed = CharField(max_length=64, null=True)
    handle = CharField(max_length=16, unique=True)
    name = CharField(max_length=64)
    scopes: fields.Field[list[str]] = fields.JSONField()
    visitor_id = CharField(max_length=16)
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "integration"
