"""The follow box of the watch page for people on other servers: a handle, a QR code, and counts of what others did."""

import importlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from fedistream.core.ports import Channel
from fedistream.federation.engagements import Engagements
from fedistream.federation.followers.service import Followers
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import Kind

FRESH_S = 5.0  # every visitor requests the counts, and they need not be newer
QUIET = 4  # modules of white around the code (ISO/IEC 18004, 6.3.8)


@dataclass(frozen=True, slots=True)
class FollowInvitation:
    """`handle` is "@name@host", `url` the actor. Likes count reactions too."""

    handle: str
    url: str
    followers: int
    likes: int
    shares: int


class FollowInvitations:
    """Returns invitations, and keeps their counts for FRESH_S; `monotonic` is in seconds."""

    def __init__(
        self, addresses: ActorUrls, followers: Followers, engagements: Engagements, monotonic: Callable[[], float]
    ) -> None:
        self._addresses, self._followers, self._engagements = addresses, followers, engagements
        self._monotonic = monotonic
        self._counted: dict[int, tuple[float, tuple[int, int, int]]] = {}

    async def of(self, channel: Channel) -> FollowInvitation | None:
        """Return the channel's invitation, None while federation is off."""
        if not self._addresses.on:
            return None
        site, name = self._addresses.site(), self._addresses.name(channel)
        return FollowInvitation(f"@{name}@{site.authority}", site.actor(name), *await self._counts(channel.id))

    async def _counts(self, channel_id: int) -> tuple[int, int, int]:
        now = self._monotonic()
        until, counts = self._counted.get(channel_id, (now, (0, 0, 0)))
        if until <= now:
            done = await self._engagements.tally(channel_id)
            likes = done.get(Kind.LIKE, 0) + done.get(Kind.REACTION, 0)
            counts = (await self._followers.count(channel_id), likes, done.get(Kind.SHARE, 0))
            self._counted[channel_id] = (now + FRESH_S, counts)
        return counts


@lru_cache(maxsize=64)
def code(url: str) -> bytes:
    """Return the QR code of a URL as SVG. Black on white in dark mode too: not every camera reads the inverse."""
    segno = importlib.import_module("segno")  # loaded when the first code is requested
    drawn = io.BytesIO()
    made = segno.make(url, error="m", micro=False)
    made.save(drawn, kind="svg", xmldecl=False, omitsize=True, border=QUIET, dark="#000", light="#fff")
    return drawn.getvalue()
