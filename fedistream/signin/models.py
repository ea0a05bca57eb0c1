"""The rows of signing in elsewhere."""

from tortoise import fields
from tortoise.models import Model

from fedistream.db.fields import CharField


class IndieAuthGrantRow(Model):
    """A checked authorization request that waits for the admin (`kind` is "request"), or a code that was not redeemed
    ("code"). The ticket or the code itself is stored nowhere."""

    id = fields.BigIntField(primary_key=True)
    secret_hash = CharField(max_length=64, unique=True)
    kind = CharField(max_length=10)
    client_id = fields.TextField()
    redirect_uri = fields.TextField()
    state = fields.TextField()
    challenge = CharField(max_length=43)
    created_at = fields.DatetimeField(db_index=True)

    class Meta:
        table = "indieauth_grant"
