"""The channels' posts: made, sent to the followers, and served again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from activitypub.addressing import Visibility, audience
from activitypub.vocabulary import compose
from activitypub.vocabulary.objects import Object
from fedistream.db import atomic
from fedistream.errors import Gone, Invalid, NotFound
from fedistream.federation.addresses import Addresses, Channel, Settings
from fedistream.federation.letters import Letters
from fedistream.federation.models import PostRow
from fedistream.federation.values import Page
from fedistream.text import render

MAX_TEXT = 5000  # characters; nobody reads more in a timeline


@dataclass(frozen=True, slots=True)
class Post:
    """`document` is the Note, without @context; `create` the activity that brought it."""

    id: str
    channel_id: int
    document: Mapping[str, Any]

    def create(self) -> dict[str, Any]:
        note = self.document
        more = {name: note.get(name) for name in ("to", "cc", "published")}
        return compose.activity("Create", f"{note['id']}#create", note["attributedTo"], dict(note), **more)


class Posts:
    """`token` makes ids of at most 24 letters and digits."""

    def __init__(
        self,
        addresses: Addresses,
        settings: Settings,
        letters: Letters,
        now: Callable[[], datetime],
        token: Callable[[], str],
    ) -> None:
        self._addresses, self._settings, self._letters = addresses, settings, letters
        self._now, self._token = now, token

    async def publish(self, channel: Channel, markdown: str) -> Post:
        """Post a text to the followers, and unless the channel is private to everybody. Raises Invalid, Off."""
        text = markdown.strip()
        if not text or len(text) > MAX_TEXT:
            raise Invalid("value", f"must have 1 to {MAX_TEXT} characters")
        actor, post_id = self._addresses.actor(channel), self._token()
        shown = Visibility.FOLLOWERS if self._private(channel.id) else Visibility.PUBLIC
        to, cc = audience(shown, f"{actor}/followers")
        url = self._addresses.site().post(post_id)
        note = Object(
            "Note",
            url,
            (actor,),
            content=render(text),
            url=url,
            published=self._now(),
            sensitive=bool(self._settings.value("nsfw", channel.id)),
            to=to,
            cc=cc,
        )
        document: dict[str, Any] = compose.create(f"{url}#create", actor, note)["object"]
        return await atomic(self._publish, Post(post_id, channel.id, document), channel, shown)

    async def get(self, post_id: str) -> Post:
        """A post that everybody may read. Raises NotFound, and Gone for one that was deleted."""
        row = await PostRow.get_or_none(id=post_id)
        if row is None or self._private(row.channel_id):
            raise NotFound("there is no such post")
        if row.deleted_at is not None:
            raise Gone("this post was deleted")
        return Post(row.id, row.channel_id, row.document)

    async def channel_of(self, post_id: str) -> int | None:
        """Whose post this is, if there is such a post."""
        row = await PostRow.get_or_none(id=post_id, deleted_at=None)
        return row.channel_id if row else None

    async def page(self, channel_id: int, offset: int = 0, limit: int = 20) -> Page[Post]:
        """What everybody may read, the newest first."""
        if self._private(channel_id):
            return Page(0, ())
        found = PostRow.filter(channel_id=channel_id, deleted_at=None)
        rows = await found.order_by("-published_at", "-id").offset(offset).limit(limit)
        return Page(await found.count(), tuple(Post(row.id, row.channel_id, row.document) for row in rows))

    async def count(self) -> int:
        """Of all channels."""
        return int(await PostRow.filter(deleted_at=None).count())

    async def _publish(self, post: Post, channel: Channel, shown: Visibility) -> Post:
        await PostRow.create(
            id=post.id, channel_id=post.channel_id, document=dict(post.document), published_at=self._now()
        )
        await self._letters.to_followers(channel, post.create(), shown, post.document["id"])
        return post

    def _private(self, channel_id: int) -> bool:
        return bool(self._settings.value("federation.private", channel_id))
