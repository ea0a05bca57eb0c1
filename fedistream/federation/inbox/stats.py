"""Who has come to the inboxes: servers that are thereby known to live, and how often which answer was given."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime

from activitypub.actor import Actor
from activitypub.urls import same_authority
from fedistream.jobs.job import HostObserver, host_of

AGAIN_S = 60.0  # a server that sends a hundred likes a second need not be looked up for each
MAX_HOSTS = 10_000
REFUSED = "refused "


class InboxStats:
    """`counts` says how often an inbox gave which answer: "done Follow", "ignored replay", "refused digest"; from
    `since` on, as it is kept in memory. `clock` is monotonic, in seconds."""

    def __init__(self, hosts: HostObserver, clock: Callable[[], float], since: datetime) -> None:
        self._hosts, self._clock, self.since = hosts, clock, since
        self._heard: OrderedDict[str, float] = OrderedDict()
        self.counts: Counter[str] = Counter()

    async def heard(self, actor: Actor) -> None:
        """A signed request of this actor was verified: its server lives, so what waits for that server is tried. Of an
        inbox elsewhere nothing is known by that: anybody may name one. Asks the database at most once a minute for
        each server, and writes only where one was ill."""
        if not same_authority(actor.inbox, actor.id):
            return
        host, now = host_of(actor.inbox), self._clock()
        if now - self._heard.get(host, -AGAIN_S) < AGAIN_S:
            return
        self._heard[host] = now
        self._heard.move_to_end(host)
        if len(self._heard) > MAX_HOSTS:
            self._heard.popitem(last=False)
        await self._hosts.heard(host)

    def refused(self, reason: str) -> None:
        """`reason` is a word of ours, never of the sender."""
        self.counts[REFUSED + reason] += 1

    def refusals(self) -> Mapping[str, int]:
        """How often each reason was given, the most frequent first."""
        return {name.removeprefix(REFUSED): n for name, n in self.counts.most_common() if name.startswith(REFUSED)}
