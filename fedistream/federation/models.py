"""The rows of federation: our keys, the actors we have to do with, followers, what was heard, what we
posted, and what others wrote to us."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

URL = 2048  # characters, as `activitypub.urls.MAX_URL`


class FederationKeyRow(Model):
    """The private key of a channel's actor, or with channel 0 of the node's own. Whoever has the file has the node, so
    it stands in clear, as the stream keys do; the file is the operator's alone."""

    id = fields.BigIntField(primary_key=True)
    channel_id = fields.BigIntField(unique=True)
    pem = fields.TextField()
    created_at = fields.DatetimeField()
    # how many keys there have been, and for a while the one before this
    number = fields.IntField(default=1)
    old_pem = fields.TextField(null=True)
    changed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "federation_key"


class RemoteActorRow(Model):
    """An actor who follows, or has liked, shared or said something. Of strangers nothing is kept here.

    `key_id` is the key that they signed with last, by which their server's GoToSocial-like key URL is found again.
    """

    id = fields.BigIntField(primary_key=True)
    url = fields.CharField(max_length=URL, unique=True)
    key_id = fields.CharField(max_length=URL, db_index=True)
    handle = fields.CharField(max_length=320)
    name = fields.CharField(max_length=500)
    image = fields.CharField(max_length=URL, default="")
    inbox = fields.CharField(max_length=URL)
    shared_inbox = fields.CharField(max_length=URL, default="")
    document: fields.Field[dict[str, Any]] = fields.JSONField()
    fetched_at = fields.DatetimeField()
    # what a blocked one did is not counted or shown
    hidden = fields.BooleanField(default=False)
    moved_to = fields.CharField(max_length=URL, default="")
    checked_at = fields.DatetimeField(null=True)
    failed_checks = fields.IntField(default=0)

    class Meta:
        table = "remote_actor"


class FollowerRow(Model):
    """`follow` is the Follow as it came, which an Accept or Reject has to echo; {} where somebody is blocked who never
    sent one."""

    id = fields.BigIntField(primary_key=True)
    channel_id = fields.BigIntField()
    actor: fields.ForeignKeyRelation[RemoteActorRow] = fields.ForeignKeyField(
        "models.RemoteActorRow", related_name="follows"
    )
    actor_id: int
    state = fields.CharField(max_length=10)
    # not a reader but a server that features our stream: it gets no posts, and hears when we are live
    directory = fields.BooleanField(default=False)
    follow: fields.Field[dict[str, Any]] = fields.JSONField()
    created_at = fields.DatetimeField()
    approved_at = fields.DatetimeField(null=True)
    disabled_at = fields.DatetimeField(null=True)
    # the word for the rule by which he waits, or waited
    held_for = fields.CharField(max_length=20, default="")

    class Meta:
        table = "follower"
        unique_together = (("channel_id", "actor"),)
        indexes = (("channel_id", "state"),)


class SeenActivityRow(Model):
    """The id of an activity that was acted on. The primary key decides between two that come at once. `side` is where
    it stands in a pair of activities that take each other back."""

    activity_id = fields.CharField(max_length=URL, primary_key=True)
    at = fields.DatetimeField(db_index=True)
    side = fields.CharField(max_length=65, null=True, db_index=True)

    class Meta:
        table = "seen_activity"


class EngagementRow(Model):
    """What somebody elsewhere did to an object of ours, once per actor, kind and object, also if it is done again."""

    id = fields.BigIntField(primary_key=True)
    channel_id = fields.BigIntField(db_index=True)
    actor: fields.ForeignKeyRelation[RemoteActorRow] = fields.ForeignKeyField(
        "models.RemoteActorRow", related_name="engagements"
    )
    actor_id: int
    kind = fields.CharField(max_length=10)
    object = fields.CharField(max_length=1100)
    activity_id = fields.CharField(max_length=URL)
    reaction = fields.CharField(max_length=64, default="")
    at = fields.DatetimeField()
    undone_at = fields.DatetimeField(null=True)

    class Meta:
        table = "engagement"
        unique_together = (("actor", "kind", "object"),)
        indexes = (("object", "kind"),)


class PostRow(Model):
    """A post of a channel; `id` is the last part of its URL. A deleted one stays, with a Tombstone as its document."""

    id = fields.CharField(max_length=24, primary_key=True)
    channel_id = fields.BigIntField(db_index=True)
    document: fields.Field[dict[str, Any]] = fields.JSONField()
    visibility = fields.CharField(max_length=10)
    pinned = fields.BooleanField(default=False)
    published_at = fields.DatetimeField()
    updated_at = fields.DatetimeField(null=True)
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "post"


class PostReachRow(Model):
    """Who got a post: whoever did has to hear that it is deleted, also if he does not follow any more.

    Apart from the post, since a thousand inboxes need not be read with every page. `mentions` are {actor, inbox,
    shared_inbox}, `inboxes` where the followers are.
    """

    post_id = fields.CharField(max_length=24, primary_key=True)
    mentions: fields.Field[list[dict[str, str]]] = fields.JSONField()
    inboxes: fields.Field[list[str]] = fields.JSONField()

    class Meta:
        table = "post_reach"


class RemoteNoteRow(Model):
    """What somebody elsewhere wrote to a channel, and what became of it; `html` and `body` are empty once nobody is to
    read it any more.

    The row is also the queue of what has to be put into the chat (shown, and without a message) and of what has to be
    taken out of it (gone), and the tombstone that keeps a late copy out. The author stands in it as he was, because he
    may be forgotten before it is.
    """

    id = fields.BigIntField(primary_key=True)
    url = fields.CharField(max_length=URL, unique=True)
    channel_id = fields.BigIntField()
    # the post of ours that the talk began with, "" where we were only mentioned
    post_id = fields.CharField(max_length=24, default="")
    actor = fields.CharField(max_length=URL, db_index=True)
    name = fields.CharField(max_length=500)
    handle = fields.CharField(max_length=320)
    image = fields.CharField(max_length=URL, default="")
    link = fields.CharField(max_length=URL)
    state = fields.CharField(max_length=10)
    html = fields.TextField()
    body = fields.TextField()
    warning = fields.CharField(max_length=200, default="")
    # of the line in the chat; by the number of edits it is seen whether that is still what is to be said
    message_id = fields.CharField(max_length=13, null=True, db_index=True)
    edits = fields.IntField(default=0)
    at = fields.DatetimeField(db_index=True)
    edited_at = fields.DatetimeField(null=True)

    class Meta:
        table = "remote_note"
        indexes = (("channel_id", "state"),)


class FlagRow(Model):
    """A report from elsewhere. `objects` are the URLs of ours that it is about."""

    id = fields.BigIntField(primary_key=True)
    channel_id = fields.BigIntField()
    actor = fields.CharField(max_length=URL)
    server = fields.CharField(max_length=255)
    objects: fields.Field[list[str]] = fields.JSONField()
    content = fields.TextField()
    at = fields.DatetimeField()
    settled_at = fields.DatetimeField(null=True, db_index=True)

    class Meta:
        table = "flag"


class QuoteRow(Model):
    """A post elsewhere that may quote one of ours; `id` is the last part of its stamp's URL."""

    id = fields.CharField(max_length=24, primary_key=True)
    channel_id = fields.BigIntField(db_index=True)
    post_id = fields.CharField(max_length=24)
    quoting = fields.CharField(max_length=URL)
    actor = fields.CharField(max_length=URL)
    inbox = fields.CharField(max_length=URL)
    at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "quote"
        unique_together = (("post_id", "quoting"),)


class FeaturedServerRow(Model):
    """A server whose stream is featured here. `follow` is our Follow; `status_at` is when it last said anything."""

    id = fields.BigIntField(primary_key=True)
    url = fields.CharField(max_length=URL)
    actor = fields.CharField(max_length=URL, unique=True)
    inbox = fields.CharField(max_length=URL)
    channel_id = fields.BigIntField()
    state = fields.CharField(max_length=10)
    follow: fields.Field[dict[str, Any]] = fields.JSONField()
    name = fields.CharField(max_length=500)
    logo = fields.CharField(max_length=URL, default="")
    online = fields.BooleanField(default=False)
    title = fields.CharField(max_length=500, default="")
    description = fields.CharField(max_length=500, default="")
    thumbnail = fields.CharField(max_length=URL, default="")
    tags: fields.Field[list[str]] = fields.JSONField()
    added_at = fields.DatetimeField()
    followed_at = fields.DatetimeField(null=True)
    status_at = fields.DatetimeField(null=True)
    online_at = fields.DatetimeField(null=True)

    class Meta:
        table = "featured_server"
