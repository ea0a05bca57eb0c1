"""The rows of people."""

from tortoise import fields
from tortoise.models import Model


class PersonRow(Model):
    """A registered account. `password_hash` is a PHC string (Argon2id)."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=64, unique=True)
    role = fields.CharField(max_length=16)
    password_hash = fields.CharField(max_length=255)
    created_at = fields.DatetimeField()

    class Meta:
        table = "person"
