"""The follow box: the handle, counts that are cached, and the QR code."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from fedistream.api.pages.follow_invitation import FRESH_S, FollowInvitation, FollowInvitations, code
from fedistream.core.ports import Channel
from fedistream.federation.engagements import Engagements
from fedistream.federation.followers.service import Followers
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import Kind
from tests.kit.asking import Clock
from tests.kit.studio import Settings


class Home:
    id, slug, created_at = 1, "home", datetime(2026, 5, 1, tzinfo=UTC)


class Channels:
    def home(self) -> Home:
        return Home()

    def by_slug(self, slug: str) -> Channel | None:
        return None

    def all(self) -> list[Channel]:
        return [Home()]


@dataclass
class Echo:
    """Followers and engagements of a channel, and how often they were counted."""

    followers: int = 2
    done: dict[Kind, int] = field(default_factory=lambda: {Kind.LIKE: 3, Kind.REACTION: 4, Kind.FOLLOW: 9})
    counted: int = 0


class EchoFollowers(Followers):
    def __init__(self, echo: Echo) -> None:
        self.echo = echo

    async def count(self, channel_id: int) -> int:
        self.echo.counted += 1
        return self.echo.followers


class EchoEngagements(Engagements):
    def __init__(self, echo: Echo) -> None:
        self.echo = echo

    async def tally(self, channel_id: int) -> dict[Kind, int]:
        return self.echo.done


def made(echo: Echo, clock: Clock, **values: object) -> FollowInvitations:
    settings = Settings()
    settings.values |= {"node.public_url": "https://node.example:8443", "federation.enabled": True, **values}
    return FollowInvitations(
        ActorUrls(settings, Channels()), EchoFollowers(echo), EchoEngagements(echo), clock.monotonic
    )


async def test_reactions_are_likes_and_follows_are_no_engagement_here() -> None:
    found = await made(Echo(), Clock()).of(Home())
    url = "https://node.example:8443/federation/user/streamer"
    assert found == FollowInvitation("@streamer@node.example:8443", url, 2, 7, 0)


async def test_counts_are_remembered_for_a_moment_and_names_are_not() -> None:
    echo, clock = Echo(), Clock()
    follow_invitations = made(echo, clock)
    for _ in range(50):
        await follow_invitations.of(Home())
    assert echo.counted == 1
    echo.followers = 5
    clock.advance(FRESH_S)
    found = await follow_invitations.of(Home())
    assert found is not None
    assert (found.followers, echo.counted) == (5, 2)


async def test_nobody_is_invited_while_federation_is_off() -> None:
    echo = Echo()
    assert await made(echo, Clock(), **{"federation.enabled": False}).of(Home()) is None
    assert echo.counted == 0


def test_the_code_is_black_on_white_with_a_margin_and_differs_by_address() -> None:
    one, other = code("https://a.example/federation/user/a"), code("https://b.example/federation/user/b")
    assert one != other
    assert b'fill="#fff"' in one
    assert b'stroke="#000" d="M4 4.5h7' in one
    assert one is code("https://a.example/federation/user/a")
