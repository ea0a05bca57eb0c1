"""The tables of federation: keys, remote actors, followers, seen activities, posts and replies."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from fedistream.db.fields import CharField

URL = 2048  # characters, as `activitypub.urls.MAX_URL`


class FederationKeyRow(Model):
    """The private key of a channel's actor, or with channel 0 of the node's own.

    It is stored unencrypted, as the stream keys are: a person who has the database file controls the node in any case,
    so only the operator may read it.
    """

    id = fields.BigIntField(primary_key=True)
    channel_id = fields.BigIntField(unique=True)
    pem = fields.TextField()
    created_at = fields.DatetimeField()
    # the number of keys so far; for a while the former key is kept too
    number = fields.IntField(default=1)
    old_pem = fields.TextField(null=True)
    changed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "federation_key"


class RemoteActorRow(Model):
    """An actor that follows, engages or replies. Other actors have no row.

    `key_id` is the key of their last signature, by which a key URL of GoToSocial's form is found again.
    """

    id = fields.BigIntField(primary_key=True)
    url = CharField(max_length=URL, unique=True)
    key_id = CharField(max_length=URL, db_index=True)
    # the authority of the URL, to ask whether another actor of that server is known; null in a row of a process that
    # ran while the column was made
    host = CharField(max_length=260, null=True, db_index=True)
    handle = CharField(max_length=320)
    name = CharField(max_length=500)
    image = CharField(max_length=URL, default="")
    inbox = CharField(max_length=URL, db_index=True)
    shared_inbox = CharField(max_length=URL, default="", db_index=True)
    document: fields.Field[dict[str, Any]] = fields.JSONField()
    fetched_at = fields.DatetimeField()
    # engagements of a blocked actor are not counted or shown
    hidden = fields.BooleanField(default=False)
    moved_to = CharField(max_length=URL, default="")
    checked_at = fields.DatetimeField(null=True)
    failed_checks = fields.IntField(default=0)

    class Meta:
        table = "remote_actor"


class FollowerRow(Model):
    """A follower. `follow` is the Follow as received, which an Accept or Reject has to echo; {} for a blocked actor
    that never sent one."""

    id = fields.BigIntField(primary_key=True)
    channel_id = fields.BigIntField()
    actor: fields.ForeignKeyRelation[RemoteActorRow] = fields.ForeignKeyField(
        "models.RemoteActorRow", related_name="follows"
    )
    actor_id: int
    state = CharField(max_length=10)
    # not a reader but a server that features our stream: it gets no posts, only the live status
    directory = fields.BooleanField(default=False)
    follow: fields.Field[dict[str, Any]] = fields.JSONField()
    created_at = fields.DatetimeField()
    approved_at = fields.DatetimeField(null=True)
    disabled_at = fields.DatetimeField(null=True)
    # the code of the rule that holds or held them
    held_for = CharField(max_length=20, default="")

    class Meta:
        table = "follower"
        unique_together = (("channel_id", "actor"),)
        # the first serves the pages of a channel and the blocks of all, the second what one actor does
        indexes = (("state", "channel_id", "id"), ("actor",))


class SeenActivityRow(Model):
    """The id of an activity that was acted on.

    The primary key decides between two that arrive at once. `side` is the activity's place in a pair of activities that
    reverse each other.
    """

    activity_id = CharField(max_length=URL, primary_key=True)
    at = fields.DatetimeField(db_index=True)
    side = CharField(max_length=65, null=True, db_index=True)

    class Meta:
        table = "seen_activity"


class EngagementRow(Model):
    """An engagement of a remote actor with an object of ours: one row per actor, kind and object, also when it is
    repeated."""

    id = fields.BigIntField(primary_key=True)
    channel_id = fields.BigIntField(db_index=True)
    actor: fields.ForeignKeyRelation[RemoteActorRow] = fields.ForeignKeyField(
        "models.RemoteActorRow", related_name="engagements"
    )
    actor_id: int
    kind = CharField(max_length=10)
    object = CharField(max_length=1100)
    activity_id = CharField(max_length=URL)
    reaction = CharField(max_length=64, default="")
    at = fields.DatetimeField()
    undone_at = fields.DatetimeField(null=True, db_index=True)

    class Meta:
        table = "engagement"
        unique_together = (("actor", "kind", "object"),)
        indexes = (("object", "kind"),)


class PostRow(Model):
    """A post of a channel. `id` is the last part of its URL. A deleted post keeps its row, with a Tombstone as its
    document."""

    id = CharField(max_length=24, primary_key=True)
    channel_id = fields.BigIntField(db_index=True)
    document: fields.Field[dict[str, Any]] = fields.JSONField()
    visibility = CharField(max_length=10)
    pinned = fields.BooleanField(default=False)
    published_at = fields.DatetimeField()
    updated_at = fields.DatetimeField(null=True)
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "post"


class PostReachRow(Model):
    """The recipients of a post: they get its Delete too, even if they no longer follow.

    It is a table of its own, so that a page of posts does not read a thousand inboxes. `mentions` are {actor, inbox,
    shared_inbox}; `inboxes` are the followers'.
    """

    post_id = CharField(max_length=24, primary_key=True)
    mentions: fields.Field[list[dict[str, str]]] = fields.JSONField()
    inboxes: fields.Field[list[str]] = fields.JSONField()

    class Meta:
        table = "post_reach"


class RemoteNoteRow(Model):
    """A reply or mention and its state. `html` and `body` are empty once nobody may read it.

    The row is also the queue of messages to add to the chat (shown, and without a message) and to remove from it
    (gone), and the tombstone that refuses a late copy. It contains the author's data at the time, because the author's
    row may be deleted first.
    """

    id = fields.BigIntField(primary_key=True)
    url = CharField(max_length=URL, unique=True)
    channel_id = fields.BigIntField()
    # our post that the thread began with, "" for a mention alone
    post_id = CharField(max_length=24, default="")
    actor = CharField(max_length=URL, db_index=True)
    name = CharField(max_length=500)
    handle = CharField(max_length=320)
    image = CharField(max_length=URL, default="")
    link = CharField(max_length=URL)
    state = CharField(max_length=10)
    html = fields.TextField()
    body = fields.TextField()
    warning = CharField(max_length=200, default="")
    # the chat message's id; `edits` shows whether the message is still current
    message_id = CharField(max_length=13, null=True, db_index=True)
    edits = fields.IntField(default=0)
    at = fields.DatetimeField(db_index=True)
    edited_at = fields.DatetimeField(null=True)

    class Meta:
        table = "remote_note"
        indexes = (("state", "channel_id"), ("post_id", "state"))


class FlagRow(Model):
    """A report from another server. `objects` are the reported URLs, all ours."""

    id = fields.BigIntField(primary_key=True)
    channel_id = fields.BigIntField()
    actor = CharField(max_length=URL)
    server = CharField(max_length=255)
    objects: fields.Field[list[str]] = fields.JSONField()
    content = fields.TextField()
    at = fields.DatetimeField()
    settled_at = fields.DatetimeField(null=True, db_index=True)

    class Meta:
        table = "flag"


class QuoteRow(Model):
    """A remote post that may quote one of ours. `id` is the last part of its stamp's URL."""

    id = CharField(max_length=24, primary_key=True)
    channel_id = fields.BigIntField(db_index=True)
    post_id = CharField(max_length=24)
    quoting = CharField(max_length=URL)
    actor = CharField(max_length=URL)
    inbox = CharField(max_length=URL)
    at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True, db_index=True)

    class Meta:
        table = "quote"
        unique_together = (("post_id", "quoting"),)


class FeaturedServerRow(Model):
    """A server whose stream is featured here. `follow` is our Follow; `status_at` is the time of its last status."""

    id = fields.BigIntField(primary_key=True)
    url = CharField(max_length=URL)
    actor = CharField(max_length=URL, unique=True)
    inbox = CharField(max_length=URL)
    channel_id = fields.BigIntField()
    state = CharField(max_length=10)
    follow: fields.Field[dict[str, Any]] = fields.JSONField()
    name = CharField(max_length=500)
    logo = CharField(max_length=URL, default="")
    online = fields.BooleanField(default=False)
    title = CharField(max_length=500, default="")
    description = CharField(max_length=500, default="")
    thumbnail = CharField(max_length=URL, default="")
    tags: fields.Field[list[str]] = fields.JSONField()
    added_at = fields.DatetimeField()
    followed_at = fields.DatetimeField(null=True)
    status_at = fields.DatetimeField(null=True)
    online_at = fields.DatetimeField(null=True)

    class Meta:
        table = "featured_server"
