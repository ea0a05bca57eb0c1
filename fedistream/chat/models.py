"""The rows of the chat: visitors with their tokens and identities, messages, bans and the moderation log."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from fedistream.db.fields import CharField


class VisitorRow(Model):
    """A visitor. `likeness` is the skeleton of the name (`names.skeleton`), by which look-alikes are found."""

    id = CharField(max_length=16, primary_key=True)
    name = CharField(max_length=64)
    likeness = CharField(max_length=128, db_index=True)
    colour = fields.SmallIntField()
    role = CharField(max_length=16, db_index=True)
    previous_names: fields.Field[list[str]] = fields.JSONField(default=list)
    created_at = fields.DatetimeField(db_index=True)
    renamed_at = fields.DatetimeField(null=True)
    authenticated_at = fields.DatetimeField(null=True)
    disabled_at = fields.DatetimeField(null=True, db_index=True)

    class Meta:
        table = "visitor"


class VisitorTokenRow(Model):
    """A visitor's token. Only its SHA-256 is stored, unsalted: the token has 256 random bits."""

    token_hash = CharField(max_length=64, primary_key=True)
    visitor: fields.ForeignKeyRelation[VisitorRow] = fields.ForeignKeyField("models.VisitorRow", related_name="tokens")
    visitor_id: str
    created_at = fields.DatetimeField()

    class Meta:
        table = "visitor_token"
        indexes = (("visitor",),)


class VisitorIdentityRow(Model):
    """An identity that the visitor has proven: `kind` is the method (such as `indieauth`), `identity` the name or URL
    there."""

    id = fields.BigIntField(primary_key=True)
    visitor: fields.ForeignKeyRelation[VisitorRow] = fields.ForeignKeyField(
        "models.VisitorRow", related_name="identities"
    )
    visitor_id: str
    kind = CharField(max_length=20)
    identity = CharField(max_length=500)
    created_at = fields.DatetimeField()

    class Meta:
        table = "visitor_identity"
        unique_together = (("kind", "identity"),)
        indexes = (("visitor",),)


class MessageRow(Model):
    """A message. `id` begins with the time (`message_ids.py`). The history shows rows that are `visible`; `hidden_at`
    is when a row was hidden.

    The first index serves the history, the second the moderators, who see hidden messages too, the third the messages
    of one visitor, and the last the messages that were hidden while a client was disconnected.
    """

    id = fields.BigIntField(primary_key=True, generated=False)
    channel: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.ChannelRow", related_name="messages")
    channel_id: int
    visitor: fields.ForeignKeyNullableRelation[VisitorRow] = fields.ForeignKeyField(
        "models.VisitorRow", related_name="messages", null=True
    )
    visitor_id: str | None
    kind = CharField(max_length=16)
    origin = CharField(max_length=16)
    body = fields.TextField()
    html = fields.TextField()
    visible = fields.BooleanField(default=True)
    hidden_at = fields.DatetimeField(null=True)
    # the URL of the remote actor that wrote or did it
    author = CharField(max_length=2048, null=True, db_index=True)
    # fields that only some messages have: the remote author; title, image and link of an engagement
    more: fields.Field[dict[str, Any]] = fields.JSONField(null=True)

    class Meta:
        table = "message"
        indexes = (("channel", "visible", "id"), ("channel", "id"), ("visitor", "id"), ("channel", "hidden_at"))


class IpBanRow(Model):
    """A ban. `address` is an address or a network (192.0.2.0/24).

    `cause` is a `Cause`, and `notes` its parameter; without a cause, `notes` are the words of a person.
    """

    id = fields.BigIntField(primary_key=True)
    address = CharField(max_length=64, unique=True)
    cause = CharField(max_length=20, null=True)
    notes = CharField(max_length=500, default="")
    created_at = fields.DatetimeField()

    class Meta:
        table = "ip_ban"


class ModerationActionRow(Model):
    """An action of a moderator or the admin. `actor` and `target` are not foreign keys: the row outlives both.

    `what` is an `ActionKind`; `cause` and `why` are like `cause` and `notes` of a ban.
    """

    id = fields.BigIntField(primary_key=True)
    what = CharField(max_length=32)
    actor = CharField(max_length=64)
    target = CharField(max_length=64, db_index=True)
    cause = CharField(max_length=20, null=True)
    why = CharField(max_length=500, default="")
    at = fields.DatetimeField()

    class Meta:
        table = "moderation_action"
