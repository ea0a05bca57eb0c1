"""Announces follows, likes and shares from other servers in the chat. The admin can turn that off.

Likes and shares are emitted once each. A follow is announced once for each actor and broadcast, because an actor that
unfollows and follows again is emitted as a new follower each time.
"""

import contextlib
import re
import unicodedata

from activitypub.bounded_dict import BoundedDict
from fedistream.chat.poster import ChatPoster, Engagement
from fedistream.chat.values import Kind, RemoteAuthor
from fedistream.core import plain_text
from fedistream.core.errors import TooMany
from fedistream.core.events import BroadcastStarted, FollowApproved, FollowReceived, PostLiked, PostShared
from fedistream.core.ports import SettingsReader

MAX_NAME = 100  # characters; a longer name could carry a message of its own
MAX_ANNOUNCED = 5_000  # announced follows in memory; older ones are found in the message log
ACCEPTED = "accepted"
MAX_EMOJI = 16  # code points: a family of four has 7, the flag of a region 14
_CUSTOM = re.compile(r":[\w+-]{1,62}:")


class EngagementAnnouncer:
    """Adds one line to the chat for each follow, like and share."""

    def __init__(self, poster: ChatPoster, settings: SettingsReader) -> None:
        self._poster, self._settings = poster, settings
        self._announced: BoundedDict[tuple[int, str], None] = BoundedDict(MAX_ANNOUNCED)

    async def announce_follow(self, fact: FollowReceived) -> None:
        """Announce a follow that was accepted. A follow that waits for the admin's approval is announced by
        `announce_approval`."""
        if fact.state == ACCEPTED:
            await self._post_once(fact)

    async def announce_approval(self, fact: FollowApproved) -> None:
        await self._post_once(fact)

    async def announce_like(self, fact: PostLiked) -> None:
        reaction = fact.reaction if _is_emoji(fact.reaction) else ""
        did = f"reacted with {reaction} to" if reaction else "liked"
        await self._post(
            Kind.LIKE,
            fact,
            f"{did} a post from {self._server(fact.channel_id)}.",
            reaction,
            fact.reaction_image if reaction else "",
        )

    async def announce_share(self, fact: PostShared) -> None:
        await self._post(Kind.REPOST, fact, f"shared a post from {self._server(fact.channel_id)}.")

    async def _post_once(self, fact: FollowReceived | FollowApproved) -> None:
        key = (fact.channel_id, fact.actor)
        # a follow that was announced a moment ago is not in the log yet
        if key in self._announced or await self._poster.was_told(fact.channel_id, Kind.FOLLOW, fact.actor):
            return
        if await self._post(Kind.FOLLOW, fact, "followed this stream."):
            self._announced[key] = None

    async def announce_start(self, fact: BroadcastStarted) -> None:
        """Forget the channel's announced follows: each is announced again in a new broadcast."""
        for key in [key for key in self._announced if key[0] == fact.channel_id]:
            del self._announced[key]

    async def _post(
        self,
        kind: Kind,
        fact: FollowReceived | FollowApproved | PostLiked | PostShared,
        did: str,
        reaction: str = "",
        reaction_image: str = "",
    ) -> bool:
        shown = self._settings.value("federation.show_engagement", fact.channel_id)
        if not shown or not self._settings.value("chat.enabled", fact.channel_id):
            return False
        name = plain_text.name(fact.display_name, MAX_NAME) or fact.handle
        author = RemoteAuthor(name, fact.handle, fact.actor, fact.image)
        what = Engagement(kind, author, f"{name} {did}", name, fact.image, fact.actor, reaction, reaction_image)
        # when the database does not keep up, announcements are left out before people's messages
        with contextlib.suppress(TooMany):
            self._poster.engagement(fact.channel_id, what)
            return True
        return False

    def _server(self, channel_id: int) -> str:
        return str(self._settings.value("channel.name", channel_id))


def _is_emoji(reaction: str) -> bool:
    """Return whether a reaction may be shown: an emoji, or the name of a custom one. Other servers may send any
    text."""
    if _CUSTOM.fullmatch(reaction):
        return True
    symbols = any(unicodedata.category(each) in ("So", "Sk", "Sm", "Me") for each in reaction)
    return symbols and len(reaction) <= MAX_EMOJI and not any(each.isalpha() for each in reaction)
