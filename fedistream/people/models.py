"""The rows of people."""

from tortoise import fields
from tortoise.models import Model

from fedistream.db.fields import CharField


class PersonRow(Model):
    """A registered account. `password_hash` is a PHC string (Argon2id), or a bcrypt hash until the first sign-in after
    a move. `weak` says whether the password is shorter than the pages ask for; None: not known."""

    id = fields.BigIntField(primary_key=True)
    name = CharField(max_length=64, unique=True)
    role = CharField(max_length=16)
    password_hash = CharField(max_length=255)
    weak = fields.BooleanField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "person"


class AdminSessionRow(Model):
    """A session of the admin. Only the SHA-256 of its token is stored, unsalted: the token has 256 random bits.

    There is no foreign key to the account: a password that is given at the start needs no row.
    """

    id = fields.BigIntField(primary_key=True)
    token_hash = CharField(max_length=64, unique=True)
    kind = CharField(max_length=8)
    network = CharField(max_length=64)
    user_agent = CharField(max_length=512)
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField()

    class Meta:
        table = "admin_session"


class AdminTotpRow(Model):
    """The secret of the admin's second factor, in base32; the only row has the id 1.

    `last_step` is the time step of the last code that was used, so that no code counts twice.
    """

    id = fields.BigIntField(primary_key=True)
    secret = CharField(max_length=64)
    enabled = fields.BooleanField()
    basic_allowed = fields.BooleanField()
    last_step = fields.BigIntField()

    class Meta:
        table = "admin_totp"


class AdminRecoveryCodeRow(Model):
    """A recovery code that was not used, as SHA-256."""

    id = fields.BigIntField(primary_key=True)
    code_hash = CharField(max_length=64, unique=True)

    class Meta:
        table = "admin_recovery_code"
