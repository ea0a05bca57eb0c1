"""What people on other servers do, told in the chat in a line: they follow, like, share. An admin can silence it."""

import contextlib

from fedistream.chat.herald import Engagement, Herald, Settings
from fedistream.chat.values import Kind, RemoteAuthor
from fedistream.core import plain_text
from fedistream.errors import TooMany
from fedistream.events import FollowApproved, FollowReceived, PostLiked, PostShared

MAX_NAME = 100  # characters; a name is no place for a message
ACCEPTED = "accepted"


class Chorus:
    def __init__(self, herald: Herald, settings: Settings) -> None:
        self._herald, self._settings = herald, settings

    async def announce_follow(self, fact: FollowReceived) -> None:
        """Who has to wait for the admin is announced when he is let in."""
        if fact.state == ACCEPTED:
            await self._say(Kind.FOLLOW, fact, "followed this stream.")

    async def announce_approval(self, fact: FollowApproved) -> None:
        await self._say(Kind.FOLLOW, fact, "followed this stream.")

    async def announce_like(self, fact: PostLiked) -> None:
        await self._say(Kind.LIKE, fact, f"liked a post from {self._server(fact.channel_id)}.")

    async def announce_share(self, fact: PostShared) -> None:
        await self._say(Kind.REPOST, fact, f"shared a post from {self._server(fact.channel_id)}.")

    async def _say(self, kind: Kind, fact: FollowReceived | FollowApproved | PostLiked | PostShared, did: str) -> None:
        shown = self._settings.value("federation.show_engagement", fact.channel_id)
        if not shown or self._settings.value("chat.disabled", fact.channel_id):
            return
        name = plain_text.name(fact.display_name, MAX_NAME) or fact.handle
        author = RemoteAuthor(name, fact.handle, fact.actor, fact.image)
        what = Engagement(kind, author, f"{name} {did}", name, fact.image, fact.actor)
        # when the database does not keep up, this is what can be left out best
        with contextlib.suppress(TooMany):
            self._herald.engagement(fact.channel_id, what)

    def _server(self, channel_id: int) -> str:
        return str(self._settings.value("name", channel_id))
