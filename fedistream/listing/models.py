"""The rows of the registrations with directories."""

from tortoise import fields
from tortoise.models import Model

from fedistream.db.fields import CharField


class RegistrationRow(Model):
    """A directory's last answer. `key` is what the directory knows this node by; "" before the first answer."""

    id = fields.BigIntField(primary_key=True)
    url = CharField(max_length=2048)
    key = CharField(max_length=200, default="")
    success = fields.BooleanField(default=False)
    error = CharField(max_length=300, default="")
    error_code = fields.IntField(null=True)
    at = fields.DatetimeField()

    class Meta:
        table = "directory_registration"
