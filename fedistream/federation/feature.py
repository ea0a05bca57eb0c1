"""Federation as a whole: its parts, made and joined."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from activitypub.fetch import Clock
from activitypub.fetch_limiter import FetchLimiter
from activitypub.guard import Guard, parse_allowed
from activitypub.http_client import HttpClient
from activitypub.schemes import Schemes
from fedistream import __version__
from fedistream.core.cautious import CautiousClock
from fedistream.core.supervisor import beside
from fedistream.errors import Invalid
from fedistream.federation.acquaintances import Acquaintances, set_handle
from fedistream.federation.addresses import Addresses
from fedistream.federation.applause import Applause
from fedistream.federation.applause import Parts as ApplauseParts
from fedistream.federation.blocks import Blocks
from fedistream.federation.correspondents import Correspondents
from fedistream.federation.documents import Documents
from fedistream.federation.doors.doors import Doors, House
from fedistream.federation.doors.doors import build as build_doors
from fedistream.federation.engagements import Engagements
from fedistream.federation.featuring.offers import Offers
from fedistream.federation.featuring.servers import Servers, Ways
from fedistream.federation.followers import Followers
from fedistream.federation.keys import Keys
from fedistream.federation.letters import Deliveries, Letters
from fedistream.federation.pace import Pace, Paces
from fedistream.federation.posts import Posts
from fedistream.federation.profiles import KIND as PROFILE
from fedistream.federation.profiles import NAMES, Profiles
from fedistream.federation.reading import Accounts, Handles, Reading
from fedistream.federation.service import Federation, Neighbours, Parts
from fedistream.federation.talk import Near, Talk
from fedistream.federation.talk import Parts as TalkParts
from fedistream.federation.visits import Visits
from fedistream.jobs.job import Job, Outcome, Postbox

log = logging.getLogger(__name__)

BURST, PER_S = 600, 20.0  # of one server, of all kinds together; of each kind: `pace.py`
SWEEP_S = 3600.0
USER_AGENT = f"Fedistream/{__version__}"


@dataclass(frozen=True, slots=True)
class Clocks:
    """`unix` and `monotonic` in seconds."""

    now: Callable[[], datetime]
    unix: Clock
    monotonic: Clock


@dataclass(frozen=True, slots=True)
class Post:
    """How letters get out: written down in `outbox`, as jobs that `delivery` makes. `guard` says where to."""

    outbox: Postbox
    delivery: Deliveries
    guard: Guard


@dataclass(frozen=True, slots=True)
class FederationFeature:
    """Has to `run`, and be closed."""

    federation: Federation
    acquaintances: Acquaintances
    cautious: CautiousClock
    documents: Documents
    followers: Followers
    engagements: Engagements
    posts: Posts
    talk: Talk
    correspondents: Correspondents
    addresses: Addresses
    keys: Keys
    profiles: Profiles
    doors: Doors
    offers: Offers
    servers: Servers
    handles: Handles
    outside: HttpClient

    async def run(self) -> None:
        """Put into the chat what was said elsewhere, and the tables in order now and then, until cancelled."""
        await self.federation.warn()
        async with beside("talk", self.talk.run):
            while True:
                try:
                    # a clock that is wrong for an hour must not forget replies, keys and what was heard already
                    if not self.cautious.doubts(await self.acquaintances.newest_at()):
                        await self.federation.sweep()
                        await self.keys.sweep()
                except Exception:
                    # a database that is busy for once must not end the talk beside it
                    log.exception("the tables of federation could not be put in order; it is tried again in an hour")
                await asyncio.sleep(SWEEP_S)

    def handlers(self) -> Mapping[str, Callable[[Job], Awaitable[Outcome]]]:
        """What a worker does with jobs of federation, by their kind."""
        return {PROFILE: self.profiles.send, **self.doors.handlers()}

    async def close(self) -> None:
        await self.handles.close()
        await self.federation.close()
        await self.outside.close()


def guard(allow: str) -> Guard:
    """Whom we may connect to: all that is public, and the hosts of `allow` (name[:port],...). Raises Invalid."""
    try:
        return Guard(parse_allowed(entry for entry in allow.split(",") if entry.strip()))
    except ValueError as error:
        raise Invalid("--federation-allow", str(error)) from error


async def build(near: Neighbours, clocks: Clocks, post: Post) -> FederationFeature:
    """On an open database."""
    keys = Keys(Addresses(near.settings, near.channels), clocks.now)
    await keys.open(channel.id for channel in near.channels.all())
    async with contextlib.AsyncExitStack() as undo:
        outside = HttpClient(post.guard, USER_AGENT)
        undo.push_async_callback(outside.close)
        feature = _join(near, clocks, post, keys, outside)
        for name in NAMES:
            near.settings.guard(name, feature.profiles.check_names)
        await feature.federation.open()
        undo.pop_all()
    return feature


def _join(near: Neighbours, clocks: Clocks, post: Post, keys: Keys, outside: HttpClient) -> FederationFeature:
    addresses = Addresses(near.settings, near.channels)
    fetches = FetchLimiter(Reading(outside, keys, Schemes(), clocks.unix), clocks.monotonic)
    blocks = Blocks()
    handles = Handles(fetches, set_handle)
    acquaintances = Acquaintances(fetches, blocks, clocks.monotonic, clocks.now, introduced=handles.ask)
    letters = Letters(post.outbox, post.delivery, addresses, _token)
    engagements = Engagements(clocks.now)
    followers = Followers(addresses, acquaintances, letters, engagements, clocks.now)
    find = Accounts(fetches, blocks).find
    posts = Posts(addresses, near.settings, letters, find, clocks.now, _token)
    documents = Documents(addresses, near.settings, keys, followers, posts, engagements)
    visits = Visits(post.outbox.hosts, clocks.monotonic, clocks.now())
    house = House(
        settings=near.settings,
        facts=near.facts,
        addresses=addresses,
        acquaintances=acquaintances,
        blocks=blocks,
        followers=followers,
        outbox=post.outbox,
        fetches=fetches,
        letters=letters,
        posts=posts,
        visits=visits,
        now=clocks.now,
        unix=clocks.unix,
        monotonic=clocks.monotonic,
        token=_token,
    )
    doors = build_doors(house)
    offers, servers = _featured(near, house)
    talk = _talk(near, house, blocks)
    federation = Federation(near, _parts(house, doors, talk, engagements, offers, servers))
    handles.tell(federation.heed_handle)
    return FederationFeature(
        federation=federation,
        acquaintances=acquaintances,
        cautious=CautiousClock(clocks.now, clocks.monotonic),
        documents=documents,
        followers=followers,
        engagements=engagements,
        posts=posts,
        talk=talk,
        correspondents=Correspondents(addresses, near.settings, near.channels, find, posts, clocks.unix),
        addresses=addresses,
        keys=keys,
        profiles=Profiles(addresses, near.channels, documents, keys, letters, post.outbox, clocks.now),
        doors=doors,
        offers=offers,
        servers=servers,
        handles=handles,
        outside=outside,
    )


def _parts(house: House, doors: Doors, talk: Talk, engagements: Engagements, offers: Offers, servers: Servers) -> Parts:
    return Parts(
        addresses=house.addresses,
        acquaintances=house.acquaintances,
        blocks=house.blocks,
        followers=house.followers,
        engagements=engagements,
        applause=Applause(
            ApplauseParts(house.addresses, house.posts, house.acquaintances, engagements), house.facts, house.now
        ),
        fetches=house.fetches,
        visits=house.visits,
        talk=talk,
        reception=doors.reception,
        acts={**doors.acts(), **servers.acts()},
        brooms=(engagements.forget_some, *doors.brooms()),
        offers=offers,
        pace=Pace(house.monotonic, burst=BURST, per_s=PER_S),
        paces=Paces(house.monotonic),
        asking=Pace(house.monotonic, burst=10, per_s=0.2),
        clock=house.unix,
        now=house.now,
    )


def _featured(near: Neighbours, house: House) -> tuple[Offers, Servers]:
    offers = Offers(house.addresses, near.settings, house.letters, near.running, house.unix)
    ways = Ways(house.fetches, house.blocks, house.letters, offers)
    return offers, Servers(house.addresses, ways, house.now, house.token)


def _talk(near: Neighbours, house: House, blocks: Blocks) -> Talk:
    parts = TalkParts(
        addresses=house.addresses,
        acquaintances=house.acquaintances,
        blocks=blocks,
        posts=house.posts,
        now=house.now,
    )
    return Talk(Near(near.settings, near.facts, near.room), parts)


def _token() -> str:
    """80 bits as 20 letters and digits."""
    return secrets.token_hex(10)
