"""The channels' posts: created, delivered to followers and mentioned actors, edited, deleted and served."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote

from activitypub.addressing import Recipient, Visibility, inboxes
from activitypub.collections import embed_link
from activitypub.strictjson import Json
from activitypub.vocabulary import compose
from activitypub.vocabulary.objects import Object, Tag, write_object
from activitypub.webfinger import Handle
from fedistream.core.errors import Gone, NotFound
from fedistream.core.markdown import MAX_POST_MARKS, marks
from fedistream.core.ports import Channel, SettingsReader
from fedistream.core.supervisor import go
from fedistream.db import atomic, statement, within
from fedistream.federation.delivery import Delivery
from fedistream.federation.models import PostReachRow, PostRow
from fedistream.federation.posts.compose import READABLE, Frame, clean, handles, note
from fedistream.federation.posts.events import event_document
from fedistream.federation.posts.values import Draft, EventDraft, Mention, Post
from fedistream.federation.remote_html import beginning
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import FederationProblem, Page

_CHANNEL_OF = "SELECT channel_id FROM post WHERE id = :id AND deleted_at IS NULL"
LOOK_UP_S = 10.0  # a handle that is not found by then is not mentioned; the admin waits for the answer

Finds = Callable[[Handle], Awaitable[Mention | None]]
"""Returns the actor of a handle; None when it is not found."""


class Posts:
    """The posts of all channels. Methods that take a Draft or a post's id may run inside a transaction. `token` makes
    ids of at most 24 letters and digits."""

    def __init__(
        self,
        addresses: ActorUrls,
        settings: SettingsReader,
        delivery: Delivery,
        find: Finds,
        now: Callable[[], datetime],
        token: Callable[[], str],
    ) -> None:
        self._addresses, self._settings, self._delivery, self._find = addresses, settings, delivery, find
        self._now, self._token = now, token

    async def look_up(self, draft: Draft) -> Draft:
        """Return the draft with the mentions of its text (@user@host) that can be found. Sends requests to other
        servers: not for use in a transaction."""
        known = {each.handle.lower() for each in draft.mentions}
        wanted = [each for each in handles(draft.text) if f"{each.user}@{each.host}".lower() not in known]
        if not wanted:
            return draft
        tasks = [go("mention", self._mention(each)) for each in wanted]
        done, late = await asyncio.wait(tasks, timeout=LOOK_UP_S)
        for task in late:
            task.cancel()
        found = [who for task in tasks if task in done and (who := task.result()) is not None]
        return replace(draft, mentions=(*draft.mentions, *found))

    async def _mention(self, handle: Handle) -> Mention | None:
        return await self._find(handle)

    async def preview(self, channel: Channel, markdown: str) -> str:
        """Return the post of this text as sanitised HTML. Sends requests to other servers, as `look_up` does. Raises
        Invalid, Off."""
        draft = await self.look_up(Draft(markdown))
        return (await _written(draft, self._frame(channel, draft, "preview", self._now()))).content or ""

    def html(self, channel: Channel, draft: Draft) -> str:
        """Return the HTML that others see. Raises Invalid, Off."""
        return note(draft, self._frame(channel, draft, "preview", self._now())).content or ""

    async def publish(self, channel: Channel, draft: Draft | str, *, expires_at: float | None = None) -> Post:
        """Publish a post to the followers and the mentioned actors, and, unless it is hidden, to everybody.

        Mentions are looked up only when `draft` is Markdown alone. Deliveries stop at `expires_at` (Unix seconds).
        Raises Invalid, Off.
        """
        if isinstance(draft, str):
            draft = await self.look_up(Draft(draft))
        post_id, now = self._token(), self._now()
        thing = await _written(draft, self._frame(channel, draft, post_id, now))
        post = Post(post_id, channel.id, write_object(thing), self._shown(channel.id, draft.visibility))
        return await atomic(self._publish, post, channel, draft.mentions, now, expires_at)

    async def edit(self, post_id: str, draft: Draft) -> Post:
        """Edit a post.

        Its visibility stays, whatever the draft says. The actors that it mentioned before get the Update too. Raises
        NotFound, Gone, Invalid, Off.
        """

        def write(frame: Frame) -> Json:
            return write_object(note(replace(draft, visibility=frame.shown), frame))

        return await atomic(self._edit, post_id, draft, write)

    async def publish_event(self, channel: Channel, event_id: str, draft: EventDraft, expires_at: float) -> Post:
        """Publish a scheduled broadcast under its id to the followers, until `expires_at` (Unix seconds), and to
        everybody. Raises Invalid, Off."""
        now = self._now()
        frame = self._frame(channel, Draft(""), event_id, now)
        document = event_document(draft, replace(frame, url=self._addresses.site().event(event_id)))
        post = Post(event_id, channel.id, document, frame.shown)
        return await atomic(self._publish, post, channel, (), now, expires_at)

    async def edit_event(self, event_id: str, draft: EventDraft) -> Post:
        """Edit a scheduled broadcast. Raises NotFound, Gone, Invalid, Off."""

        def write(frame: Frame) -> Json:
            return event_document(draft, replace(frame, url=self._addresses.site().event(event_id)))

        return await atomic(self._edit, event_id, Draft(""), write)

    async def delete(self, post_id: str) -> None:
        """Delete a post, with a Delete to all its recipients. Raises NotFound, Gone, Off."""
        await atomic(self._delete, post_id)

    async def direct(self, channel: Channel, to: Mention, html: str, *, expires_at: float | None = None) -> None:
        """Send a direct message to one actor, by `expires_at` (Unix seconds) or not at all. It can be read nowhere
        else. Raises Off."""
        actor, now = self._addresses.actor(channel), self._now()
        url = self._addresses.site().post(self._token())
        # twice, so that it stays a list: some servers turn a list of one into a single value
        tags = (Tag("Mention", f"@{to.handle}", to.actor),) * 2
        content = clean(html)
        thing = Object(
            "Note", url, (actor,), content=content, url=url, published=now, to=(to.actor,), cc=(to.actor,), tags=tags
        )
        document = compose.create(f"{url}#create", actor, thing)
        await self._delivery.send(channel, document, [to.inbox], url, expires_at)

    async def pin(self, post_id: str, *, pinned: bool) -> None:
        """Pin a post above the channel's other posts, or unpin it."""
        await PostRow.filter(id=post_id).update(pinned=pinned)

    async def get(self, post_id: str) -> Post:
        """Return a post that everybody may read. Raises NotFound, and Gone for a deleted one."""
        row = await PostRow.get_or_none(id=post_id)
        if row is None or (row.visibility not in READABLE and row.deleted_at is None):
            raise NotFound(FederationProblem.NO_POST)
        if row.deleted_at is not None:
            raise Gone(FederationProblem.POST_DELETED)
        if self._private(row.channel_id):
            raise NotFound(FederationProblem.NO_POST)
        return _post(row)

    async def tombstone(self, post_id: str) -> Json:
        """Return the Tombstone of a deleted post. Raises NotFound."""
        row = await PostRow.get_or_none(id=post_id)
        if row is None or row.deleted_at is None:
            raise NotFound(FederationProblem.NO_POST)
        return dict(row.document)

    async def channel_of(self, post_id: str) -> int | None:
        """Return the channel of a post, or None when there is no such post."""
        # without the document and the ORM: this runs for each reply
        found = await statement.rows(_CHANNEL_OF, {"id": post_id})
        return int(found[0]["channel_id"]) if found else None

    async def channels_of(self, post_ids: Collection[str]) -> Mapping[str, int]:
        """Return the channels of those ids that are posts, in one query."""
        if not post_ids:
            return {}
        found = PostRow.filter(id__in=list(post_ids), deleted_at=None)
        return {str(post_id): int(channel) for post_id, channel in await found.values_list("id", "channel_id")}

    async def beginnings(self, urls: Collection[str]) -> Mapping[str, str]:
        """Return the first words of each of these posts that exists, for the admin, who may read them all; nothing
        while federation is off."""
        if not self._addresses.on:
            return {}
        wanted = {post_id: url for url in urls if (post_id := self._addresses.post_id(url))}
        rows = await PostRow.filter(id__in=list(wanted), deleted_at=None)
        return {wanted[row.id]: beginning(str(row.document.get("content") or "")) for row in rows}

    async def page(self, channel_id: int, offset: int = 0, limit: int = 20) -> Page[Post]:
        """Return a page of the posts that everybody may read, the newest first."""
        return await self._page(channel_id, offset, limit)

    async def pinned(self, channel_id: int, limit: int = 20) -> tuple[Post, ...]:
        """Return the pinned posts that everybody may read, the newest first."""
        return (await self._page(channel_id, 0, limit, pinned=True)).items

    async def count(self) -> int:
        """Return the number of posts in all channels."""
        return int(await PostRow.filter(deleted_at=None).count())

    async def _page(self, channel_id: int, offset: int, limit: int, **which: bool) -> Page[Post]:
        if self._private(channel_id):
            return Page(0, ())
        shown = [each.value for each in READABLE]
        found = PostRow.filter(channel_id=channel_id, deleted_at=None, visibility__in=shown, **which)
        rows = await found.order_by("-published_at", "-id").offset(offset).limit(limit)
        return Page(await found.count(), tuple(_post(row) for row in rows))

    async def _publish(
        self,
        post: Post,
        channel: Channel,
        mentions: tuple[Mention, ...],
        now: datetime,
        expires_at: float | None,
    ) -> Post:
        await PostRow.create(
            id=post.id,
            channel_id=post.channel_id,
            document=dict(post.document),
            visibility=post.visibility.value,
            published_at=now,
        )
        people = [_recipient(each) for each in mentions]
        followers = await self._followers(channel, post.visibility, people)
        await PostReachRow.create(
            post_id=post.id,
            mentions=[_kept(each) for each in mentions],
            inboxes=list(inboxes(followers, post.visibility)),
        )
        to = _inboxes([*followers, *people], post.visibility)
        await self._delivery.send(channel, post.create(), to, post.url, expires_at)
        return post

    async def _edit(self, post_id: str, draft: Draft, write: Callable[[Frame], Json]) -> Post:
        row, channel = await self._row(post_id)
        shown = Visibility(row.visibility)
        reach = await _reach(row, inboxes(await self._followers(channel, shown, []), shown))
        # other servers compare whole seconds, and ignore an edit that is not newer than the last one
        updated = max(self._now(), (row.updated_at or row.published_at) + timedelta(seconds=1))
        draft = replace(draft, visibility=shown)
        frame = replace(self._frame(channel, draft, row.id, row.published_at), updated=updated, shown=shown)
        post = Post(row.id, row.channel_id, write(frame), shown)
        # not `pinned` and the like, which may have changed meanwhile
        await PostRow.filter(id=row.id).update(document=dict(post.document), updated_at=updated)
        reach.mentions = _united(reach.mentions, [_kept(each) for each in draft.mentions])
        people = [_restored(each) for each in reach.mentions]
        to = dict.fromkeys((*await self._had(channel, reach, shown), *_inboxes(people, shown)))
        await reach.save()
        await self._delivery.send(channel, post.update(self._token()), to, post.url)
        return post

    async def _delete(self, post_id: str) -> None:
        row, channel = await self._row(post_id)
        shown, post = Visibility(row.visibility), _post(row)
        reach = await _reach(row, inboxes(await self._followers(channel, shown, []), shown))
        now, document = self._now(), post.document
        former = str(document["type"])
        stone = compose.tombstone(post.url, former, deleted=now)
        await PostRow.filter(id=row.id).update(document=stone, deleted_at=now, pinned=False)
        people = [_restored(each) for each in reach.mentions]
        to = dict.fromkeys((*reach.inboxes, *_inboxes(people, shown)))
        await reach.delete()
        letter = compose.delete(
            f"{post.url}#delete",
            document["attributedTo"],
            post.url,
            former=former,
            to=document["to"],
            cc=document["cc"],
        )
        await self._delivery.send(channel, letter, to, post.url)

    async def _row(self, post_id: str) -> tuple[PostRow, Channel]:
        row = await PostRow.select_for_update().get_or_none(id=post_id)
        channel = self._addresses.by_id(row.channel_id) if row else None
        if row is None or channel is None:
            raise NotFound(FederationProblem.NO_POST)
        if row.deleted_at is not None:
            raise Gone(FederationProblem.POST_DELETED)
        return row, channel

    async def _had(self, channel: Channel, reach: PostReachRow, shown: Visibility) -> list[str]:
        """Return the followers' inboxes for an edit: those that got the post and still exist.

        A newer follower has never seen the post, and other servers drop an Update of an unknown object.
        """
        present = frozenset(inboxes(await self._followers(channel, shown, []), shown))
        return [inbox for inbox in reach.inboxes if inbox in present]

    async def _followers(self, channel: Channel, shown: Visibility, people: list[Recipient]) -> list[Recipient]:
        direct = shown is Visibility.DIRECT
        return [] if direct else await self._delivery.followers(channel, [each.actor for each in people])

    def _frame(self, channel: Channel, draft: Draft, post_id: str, published: datetime) -> Frame:
        site = self._addresses.site()
        page = site.page(channel.slug)
        sensitive = self._settings.value("channel.nsfw", channel.id) if draft.sensitive is None else draft.sensitive
        return Frame(
            site.post(post_id),
            self._addresses.actor(channel),
            self._shown(channel.id, draft.visibility),
            bool(sensitive),
            published,
            # as the actor's own hashtags
            lambda tag: f"{page}?tag={quote(tag)}",
            quotable=bool(self._settings.value("federation.quotes", channel.id)),
        )

    def _shown(self, channel_id: int, wanted: Visibility) -> Visibility:
        return Visibility.FOLLOWERS if wanted in READABLE and self._private(channel_id) else wanted

    def _private(self, channel_id: int) -> bool:
        return bool(self._settings.value("federation.private", channel_id))


async def _written(draft: Draft, frame: Frame) -> Object:
    """Return the note of a draft; in a thread where it takes longer, unless a transaction waits for it. Raises
    Invalid."""
    if within() or marks(draft.text) <= MAX_POST_MARKS:
        return note(draft, frame)
    return await asyncio.to_thread(note, draft, frame)


def _post(row: PostRow) -> Post:
    document = row.document
    if isinstance(replies := document.get("replies"), str):  # as older versions wrote it
        document = {**document, "replies": embed_link(replies)}
    return Post(row.id, row.channel_id, document, Visibility(row.visibility))


async def _reach(row: PostRow, followers: Collection[str]) -> PostReachRow:
    found = await PostReachRow.get_or_none(post_id=row.id)
    # the recipients of a post that is older than the table are not known
    return found or await PostReachRow.create(post_id=row.id, mentions=[], inboxes=list(followers))


def _inboxes(recipients: list[Recipient], shown: Visibility) -> tuple[str, ...]:
    """Return each inbox once. A mentioned follower gets the post by the shared inbox of the server."""
    by_actor = {each.actor: each for each in reversed(recipients)}
    return inboxes(reversed(by_actor.values()), shown)


def _recipient(who: Mention) -> Recipient:
    return Recipient(who.actor, who.inbox, who.shared_inbox or None)


def _kept(who: Mention) -> dict[str, str]:
    return {"actor": who.actor, "inbox": who.inbox, "shared_inbox": who.shared_inbox}


def _restored(kept: Mapping[str, str]) -> Recipient:
    return Recipient(kept["actor"], kept["inbox"], kept["shared_inbox"] or None)


def _united(old: list[dict[str, str]], new: list[dict[str, str]]) -> list[dict[str, str]]:
    return list({each["actor"]: each for each in (*old, *new)}.values())
