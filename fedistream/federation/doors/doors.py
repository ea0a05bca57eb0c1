"""The doors as a whole: made and joined."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from activitypub.fetch import Clock
from activitypub.inbox import Verified
from fedistream.events import Fact
from fedistream.federation.acquaintances import Acquaintances
from fedistream.federation.addresses import Addresses, Settings
from fedistream.federation.doors import flags as reports
from fedistream.federation.doors.admission import Admission
from fedistream.federation.doors.flags import Flags
from fedistream.federation.doors.quotes import Quotes
from fedistream.federation.letters import Letters
from fedistream.federation.pace import Pace
from fedistream.federation.posts import Posts
from fedistream.federation.visits import Visits

Act = Callable[[Verified], Awaitable[list[Fact]]]


@dataclass(frozen=True, slots=True)
class House:
    """What the doors are in. `unix` and `monotonic` are in seconds, `token` makes 20 letters and digits."""

    settings: Settings
    addresses: Addresses
    acquaintances: Acquaintances
    letters: Letters
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

    def acts(self) -> Mapping[str, Act]:
        """What is done with activities of these types."""
        return {"Flag": self.flags.take, "QuoteRequest": self.quotes.take}


def build(house: House) -> Doors:
    pace = Pace(house.monotonic, burst=reports.BURST, per_s=reports.PER_S)
    return Doors(
        flags=Flags(house.addresses, house.posts, pace, house.now),
        quotes=Quotes(house.addresses, house.settings, house.posts, house.letters, house.now, house.token),
        admission=Admission(house.settings, house.acquaintances, house.visits, house.unix),
    )
