"""The doors as a whole: made and joined."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from activitypub.fetch import Clock
from activitypub.fetch_limiter import DocumentFetcher
from activitypub.inbox import Verified
from fedistream.events import Fact
from fedistream.federation.acquaintances import Acquaintances
from fedistream.federation.addresses import Addresses
from fedistream.federation.blocks import Blocks
from fedistream.federation.doors import flags as reports
from fedistream.federation.doors.admission import Admission
from fedistream.federation.doors.flags import Flags
from fedistream.federation.doors.lists import ChangedSettings, Facts, Lists
from fedistream.federation.doors.moves import KIND as MOVE
from fedistream.federation.doors.moves import Moves
from fedistream.federation.doors.quotes import Quotes
from fedistream.federation.doors.reception import Reception
from fedistream.federation.followers import Followers
from fedistream.federation.letters import Letters
from fedistream.federation.pace import Pace
from fedistream.federation.posts import Posts
from fedistream.federation.visits import Visits
from fedistream.jobs.job import Job, Outcome, Promises

Act = Callable[[Verified], Awaitable[list[Fact]]]
Broom = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class House:
    """What the doors are in. `unix` and `monotonic` are in seconds, `token` makes 20 letters and digits."""

    settings: ChangedSettings
    facts: Facts
    addresses: Addresses
    acquaintances: Acquaintances
    blocks: Blocks
    followers: Followers
    letters: Letters
    outbox: Promises
    fetches: DocumentFetcher
    posts: Posts
    visits: Visits
    now: Callable[[], datetime]
    unix: Clock
    monotonic: Clock
    token: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Doors:
    flags: Flags
    quotes: Quotes
    admission: Admission
    reception: Reception
    lists: Lists
    moves: Moves

    def acts(self) -> Mapping[str, Act]:
        """What is done with activities of these types."""
        return {"Flag": self.flags.take, "QuoteRequest": self.quotes.take, "Move": self.moves.take}

    def brooms(self) -> tuple[Broom, ...]:
        """What forgets, a few rows at a time, what need not be remembered any longer."""
        return self.flags.forget_some, self.quotes.forget_some

    def handlers(self) -> Mapping[str, Callable[[Job], Awaitable[Outcome]]]:
        """What a worker does with jobs of these kinds."""
        return {MOVE: self.moves.follow_up}


def build(house: House) -> Doors:
    pace = Pace(house.monotonic, burst=reports.BURST, per_s=reports.PER_S)
    return Doors(
        flags=Flags(house.addresses, house.posts, pace, house.now),
        quotes=Quotes(house.addresses, house.settings, house.posts, house.letters, house.now, house.token),
        admission=Admission(house.settings, house.acquaintances, house.blocks, house.visits, house.unix),
        reception=Reception(house.settings, house.now),
        lists=Lists(house.settings, house.facts, house.addresses, house.blocks, house.followers, house.now),
        moves=Moves(
            house.fetches,
            house.acquaintances,
            house.followers,
            house.outbox,
            house.addresses,
            house.facts,
            house.now,
        ),
    )
