"""Statistics of the inboxes: the servers that are known to be up, and the number of each kind of response."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime

from activitypub.actor import Actor
from activitypub.bounded_dict import BoundedDict
from activitypub.urls import same_authority
from fedistream.jobs.job import HostObserver, host_of

AGAIN_S = 60.0  # a server that sends 100 likes a second need not be looked up for each
MAX_HOSTS = 10_000
REFUSED = "refused "


class InboxStats:
    """Count the responses of the inboxes.

    `counts` holds the number of each response ("done Follow", "ignored replay", "refused digest") since `since`, in
    memory only. `clock` is monotonic, in seconds.
    """

    def __init__(self, hosts: HostObserver, clock: Callable[[], float], since: datetime) -> None:
        self._hosts, self._clock, self.since = hosts, clock, since
        self._contacts: BoundedDict[str, float] = BoundedDict(MAX_HOSTS)
        self.counts: Counter[str] = Counter()

    async def record_contact(self, actor: Actor) -> None:
        """Record that a signed request of this actor was verified: its server is up, so its waiting deliveries are
        tried.

        An inbox on another host gains nothing, because an actor may name any inbox. Queries the database at most once a
        minute for each server, and writes only where the server was marked as failing.
        """
        if not same_authority(actor.inbox, actor.id):
            return
        host, now = host_of(actor.inbox), self._clock()
        if now - self._contacts.get(host, -AGAIN_S) < AGAIN_S:
            return
        self._contacts[host] = now
        await self._hosts.record_contact(host)

    def refused(self, reason: str) -> None:
        """Count a refused request. `reason` is a code of ours, never the sender's text."""
        self.counts[REFUSED + reason] += 1

    def refusals(self) -> Mapping[str, int]:
        """Return how often each reason was given, the most frequent first."""
        return {name.removeprefix(REFUSED): n for name, n in self.counts.most_common() if name.startswith(REFUSED)}
