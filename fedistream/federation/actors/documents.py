"""Our own documents: the actors, WebFinger, NodeInfo, the collections. They are served by `api/fediverse/`."""

from html import escape
from urllib.parse import quote

from activitypub import collections, nodeinfo
from activitypub.actor import Actor, ActorKey, Image, write_actor
from activitypub.directory import CAPABILITY
from activitypub.nodeinfo import NodeInfo
from activitypub.strictjson import Json
from activitypub.vocabulary.contexts import with_context
from activitypub.webfinger import (
    ACTIVITY_JSON,
    AVATAR,
    SELF,
    BadHandle,
    Handle,
    Jrd,
    Link,
    actor_jrd,
    parse_resource,
    write_jrd,
)
from fedistream import __version__
from fedistream.appearance.values import MEDIA_TYPES
from fedistream.core.errors import Invalid, NotFound
from fedistream.core.markdown import render_page
from fedistream.core.ports import Channel, SettingsReader
from fedistream.federation.engagements import Engagements
from fedistream.federation.followers.approval import rules_of
from fedistream.federation.followers.service import Followers
from fedistream.federation.keys import Keys
from fedistream.federation.posts.service import Posts
from fedistream.federation.replies.service import replies
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import FederationProblem, Kind, State

PAGE = 20  # items
SOFTWARE = "fedistream"
DEFAULT_LOGO = "image/png"


class Documents:
    def __init__(
        self,
        addresses: ActorUrls,
        settings: SettingsReader,
        keys: Keys,
        followers: Followers,
        posts: Posts,
        engagements: Engagements,
    ) -> None:
        self._addresses, self._settings, self._keys = addresses, settings, keys
        self._followers, self._posts, self._engagements = followers, posts, engagements

    async def actor(self, channel: Channel) -> Json:
        """Raises Off."""
        site, url, name = self._addresses.site(), self._addresses.actor(channel), self._addresses.name(channel)
        key = await self._keys.present(url, channel.id)
        return write_actor(
            Actor(
                url,
                "Service",
                name,
                f"{url}/inbox",
                outbox=f"{url}/outbox",
                followers=f"{url}/followers",
                following=f"{url}/following",
                featured=f"{url}/featured",
                shared_inbox=site.shared_inbox,
                name=self._text("channel.name", channel),
                summary=render_page(self._text("channel.summary", channel)),
                url=site.page(channel.slug),
                icon=self._logo(channel),
                manually_approves=rules_of(self._settings, channel.id).any,
                discoverable=True,
                indexable=not self._settings.value("node.disable_search_indexing"),
                published=channel.created_at,
                fields=self._fields(channel),
                hashtags=self._hashtags(channel),
                also_known_as=tuple(self._settings.value("federation.also_known_as", channel.id)),
                keys=(ActorKey(key.key_id, key.key.public()),),
                webfinger=f"{name}@{site.authority}",
                generator=site.node,
                attribution_domains=(_host(site.authority),),
            )
        )

    async def node(self) -> Json:
        """Return the actor that signs the node's fetches; it can be read without a signature. Raises Off."""
        site, key = self._addresses.site(), await self._keys.node()
        return write_actor(
            Actor(
                site.node,
                "Application",
                _host(site.authority),
                site.shared_inbox,
                outbox=f"{site.node}/outbox",
                name=self._text("channel.name", self._addresses.home()),
                url=f"{site.base}/",
                manually_approves=True,
                keys=(ActorKey(key.key_id, key.key.public()),),
            )
        )

    def node_outbox(self) -> Json:
        """Return an empty outbox: the node's own actor posts nothing. Raises Off."""
        return collections.write_unpaged(f"{self._addresses.site().node}/outbox", [])

    def webfinger(self, resource: str) -> Json:
        """Answer a WebFinger query for an acct: URI or the URL of an actor or a page. Raises Invalid, NotFound, Off."""
        site = self._addresses.site()
        try:
            wanted = parse_resource(resource)
        except BadHandle as error:
            raise Invalid("resource", FederationProblem.RESOURCE) from error
        if isinstance(wanted, Handle):
            if wanted.host != site.authority:
                raise NotFound(FederationProblem.OTHER_SERVER)
            found, node = self._addresses.by_name(wanted.user), wanted.user.lower() == _host(site.authority)
        else:
            found = self._addresses.by_actor(str(wanted)) or self._addresses.by_page(str(wanted))
            node = str(wanted) == site.node
        if found is not None:
            handle = Handle(self._addresses.name(found), site.authority)
            logo = self._logo(found)
            avatar = Link(AVATAR, logo.media_type, logo.url)
            page, stream = site.page(found.slug), site.stream(found.slug)
            return write_jrd(actor_jrd(handle, self._addresses.actor(found), page=page, avatar=avatar, stream=stream))
        if node:
            subject = Handle(_host(site.authority), site.authority).acct
            return write_jrd(Jrd(subject, (site.node,), (Link(SELF, ACTIVITY_JSON, site.node),)))
        raise NotFound(FederationProblem.NO_ACCOUNT)

    async def followers(self, channel: Channel, page: int | None) -> Json:
        """Return the followers collection or one of its pages. In a private channel, or by a setting, it has only their
        number. Raises NotFound, Off."""
        url = f"{self._addresses.actor(channel)}/followers"
        total = await self._followers.count(channel.id)
        if self._private(channel) or self._settings.value("federation.hide_followers", channel.id):
            return collections.write_collection(url, total)
        if page is None:
            return collections.write_collection(url, total, last=_last(total))
        _check(page, total)
        found = await self._followers.page(channel.id, State.ACCEPTED, (page - 1) * PAGE, PAGE, directories=False)
        items = [each.actor for each in found.items]
        return collections.write_page(url, page, items, total=total, last=_last(total))

    async def outbox(self, channel: Channel, page: int | None) -> Json:
        """Return the outbox: the posts, each in its Create. Raises NotFound, Off."""
        url = f"{self._addresses.actor(channel)}/outbox"
        number = page or 1
        found = await self._posts.page(channel.id, (number - 1) * PAGE, PAGE)
        if page is None:
            return collections.write_collection(url, found.total, last=_last(found.total))
        _check(page, found.total)
        items = [each.create() for each in found.items]
        return collections.write_page(url, page, items, total=found.total, last=_last(found.total))

    def following(self, channel: Channel) -> Json:
        """Return the empty following collection, which other servers query. Raises Off."""
        return collections.write_unpaged(f"{self._addresses.actor(channel)}/following", [])

    async def featured(self, channel: Channel) -> Json:
        """Return the featured collection: the pinned posts in full. Raises Off."""
        url = f"{self._addresses.actor(channel)}/featured"
        return collections.write_unpaged(url, [dict(each.document) for each in await self._posts.pinned(channel.id)])

    async def tombstone(self, post_id: str) -> Json:
        """Return the Tombstone of a deleted post. Raises NotFound, Off."""
        self._addresses.site()
        return with_context(await self._posts.tombstone(post_id))

    async def post(self, post_id: str) -> Json:
        """Return a post with the number of its likes and shares. Raises NotFound, Gone, Off."""
        self._addresses.site()
        found = await self._posts.get(post_id)
        # many servers read the numbers from the note
        likes = await self._counted(found.url, "likes", Kind.LIKE, Kind.REACTION)
        shares = await self._counted(found.url, "shares", Kind.SHARE)
        said = await replies(post_id, 0, PAGE)
        replies_page = collections.embed_first_page(
            f"{found.url}/replies", said.items, total=said.total, last=_last(said.total)
        )
        return with_context({**found.document, "replies": replies_page, "likes": likes, "shares": shares})

    async def likes(self, post_id: str, _page: int | None = None) -> Json:
        """Return the number of likes of a post, without the actors, for privacy. Raises NotFound, Gone, Off."""
        self._addresses.site()
        found = await self._posts.get(post_id)
        return with_context(await self._counted(found.url, "likes", Kind.LIKE, Kind.REACTION))

    async def shares(self, post_id: str, _page: int | None = None) -> Json:
        """Return the number of shares of a post. Raises NotFound, Gone, Off."""
        self._addresses.site()
        found = await self._posts.get(post_id)
        return with_context(await self._counted(found.url, "shares", Kind.SHARE))

    async def replies(self, post_id: str, page: int | None) -> Json:
        """Return the URLs of the public replies, the oldest first. Raises NotFound, Gone, Off."""
        self._addresses.site()
        found = await self._posts.get(post_id)
        url, number = f"{found.url}/replies", page or 1
        answers = await replies(post_id, (number - 1) * PAGE, PAGE)
        if page is None:
            return collections.write_collection(url, answers.total, last=_last(answers.total), ordered=False)
        _check(page, answers.total)
        last = _last(answers.total)
        return collections.write_page(url, page, answers.items, total=answers.total, last=last, ordered=False)

    async def _counted(self, url: str, name: str, *kinds: Kind) -> Json:
        return {
            "id": f"{url}/{name}",
            "type": "Collection",
            "totalItems": await self._engagements.count(url, *kinds),
        }

    def nodeinfo_index(self) -> Json:
        """Raises Off."""
        site = self._addresses.site()
        return nodeinfo.write_index(site.base, site.node)

    async def nodeinfo(self, version: str) -> Json:
        """Return the NodeInfo of version 2.0 or 2.1. Raises Off."""
        self._addresses.site()
        return nodeinfo.write_document(version, await self._facts())

    async def nodeinfo2(self) -> Json:
        """Raises Off."""
        return nodeinfo.write_nodeinfo2(self._addresses.site().base, await self._facts())

    def host_meta(self) -> str:
        """Raises Off."""
        return nodeinfo.write_host_meta(self._addresses.site().base)

    def host_meta_json(self) -> Json:
        """Raises Off."""
        return nodeinfo.write_host_meta_json(self._addresses.site().base)

    async def instance(self) -> Json:
        """Return the instance document (version 1), by which older clients recognise a server. Raises Off."""
        site, home = self._addresses.site(), self._addresses.home()
        summary = self._text("channel.summary", home)
        return {
            "uri": site.base,
            "title": self._text("channel.name", home),
            "short_description": summary,
            "description": summary,
            "version": __version__,
            "thumbnail": self._logo(home).url,
            "languages": None,
            "stats": {"user_count": 1, "status_count": await self._posts.count(), "domain_count": 0},
            "registrations": False,
            "approval_required": False,
            "invites_enabled": False,
        }

    def _logo(self, channel: Channel) -> Image:
        file = self._text("channel.logo", channel)
        url = self._addresses.site().logo(channel.slug, file)
        return Image(url, MEDIA_TYPES.get(file.rpartition(".")[2], DEFAULT_LOGO))

    async def _facts(self) -> NodeInfo:
        home = self._addresses.home()
        return NodeInfo(
            SOFTWARE,
            __version__,
            posts=await self._posts.count(),
            title=self._text("channel.name", home),
            metadata={
                "nodeName": self._text("channel.name", home),
                "chat_enabled": self._settings.value("chat.enabled", home.id),
                # other servers see here that they may ask to feature a stream, and which one
                "federation": {"username": self._addresses.name(home), CAPABILITY: 1},
            },
        )

    def _private(self, channel: Channel) -> bool:
        return bool(self._settings.value("federation.private", channel.id))

    def _text(self, name: str, channel: Channel) -> str:
        return str(self._settings.value(name, channel.id))

    def _fields(self, channel: Channel) -> tuple[tuple[str, str], ...]:
        """Return the profile fields: the channel's page, and the streamer's other links."""
        handles = self._settings.value("channel.social_handles", channel.id)
        links = [("Stream", self._addresses.site().page(channel.slug))]
        links += [(each["platform"], each["url"]) for each in handles]
        return tuple((name, _link(url)) for name, url in links)

    def _hashtags(self, channel: Channel) -> tuple[tuple[str, str], ...]:
        page = self._addresses.site().page(channel.slug)
        return tuple(
            (f"#{tag}", f"{page}?tag={quote(tag)}") for tag in self._settings.value("channel.tags", channel.id)
        )


def _link(url: str) -> str:
    shown = url.partition("://")[2] or url
    return f'<a href="{escape(url)}" rel="me nofollow noopener noreferrer" target="_blank">{escape(shown)}</a>'


def _host(authority: str) -> str:
    """Return the name of the node's own actor, in which a port is not allowed."""
    return authority.partition(":")[0]


def _last(total: int) -> int:
    return max(1, -(-total // PAGE))


def _check(page: int, total: int) -> None:
    if not 1 <= page <= _last(total):
        raise NotFound(FederationProblem.NO_COLLECTION_PAGE)
