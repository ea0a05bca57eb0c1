"""The rows of integrations."""

from tortoise import fields
from tortoise.models import Model


class IntegrationRow(Model):
    """Of the token only the SHA-256 is kept: it has 256 random bits and needs no salt. `handle` is how it begins, by
    which the admin tells one from another. `visitor_id` is no key: a bot may be deleted, and then its token is dead."""

    id = fields.BigIntField(primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    handle = fields.CharField(max_length=16, unique=True)
    name = fields.CharField(max_length=64)
    scopes: fields.Field[list[str]] = fields.JSONField()
    visitor_id = fields.CharField(max_length=16)
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "integration"
