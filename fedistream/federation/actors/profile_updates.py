"""Updates of a channel's actor for its followers' servers: one Update for several changes, and new keys.

A change queues a job that waits. A later change queues another one, and only the last job sends an Update.
"""

import contextlib
from collections.abc import Callable
from datetime import datetime

from activitypub.addressing import PUBLIC, Visibility, inboxes
from activitypub.vocabulary import compose
from fedistream.core.errors import Conflict
from fedistream.core.events import SettingChanged
from fedistream.core.ports import Channel, ChannelDirectory
from fedistream.db import atomic
from fedistream.db.versions import bump_version, versions
from fedistream.federation.actors.documents import Documents
from fedistream.federation.delivery import Delivery
from fedistream.federation.keys import NODE, Keys, make_pem, numbered
from fedistream.federation.models import FollowerRow
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import FederationProblem, Off, State
from fedistream.jobs.job import Dead, Done, Job, JobQueue, NewJob, Outcome
from fedistream.settings.table import BY_NAME

KIND = "profile"
WAIT_S = 20.0  # an admin who changes the name often changes the summary next
NAMES = ("federation.username", "node.public_url")


class Profiles:
    """The Updates of our actors. `now` gives the time from which jobs wait."""

    def __init__(
        self,
        addresses: ActorUrls,
        channels: ChannelDirectory,
        documents: Documents,
        keys: Keys,
        delivery: Delivery,
        outbox: JobQueue,
        now: Callable[[], datetime],
    ) -> None:
        self._addresses, self._channels, self._documents, self._keys = addresses, channels, documents, keys
        self._delivery, self._outbox, self._now = delivery, outbox, now

    def applies_to(self, fact: SettingChanged) -> bool:
        """Return whether other servers keep a copy of the changed setting."""
        # federation is not on yet in the transaction that switches it on
        on = self._addresses.on or fact.setting == "federation.enabled"
        return on and "profile" in BY_NAME[fact.setting].touches

    async def note(self, fact: SettingChanged) -> None:
        """Queue an Update after a change of a setting that the profile shows; a reaction."""
        channels = self._channels.all()
        await atomic(self._wait, [each.id for each in channels if fact.channel_id in (None, each.id)])

    async def rotate(self) -> None:
        """Give all channels and the node new keys.

        Each channel's followers get an Update signed with the former key, which their servers know. A server that
        missed it fetches the new key when it sees the new key's URL. Raises Off.
        """
        self._addresses.site()
        pems = {channel_id: await make_pem() for channel_id in (NODE, *(each.id for each in self._channels.all()))}
        await atomic(self._rotate, pems)

    async def send(self, job: Job) -> Outcome:
        """Send an Update; a job's handler."""
        channel = self._addresses.by_id(job.body["channel_id"])
        if channel is None:
            return Dead("there is no such channel any more")
        name = _count_of(channel.id)
        if "key" not in job.body and (await versions(name))[name] != job.body["count"]:
            return Done()  # it was changed again, and a later job sends that
        # while federation is off nobody can fetch the actor, and switching it on is another change
        with contextlib.suppress(Off):
            await self._send(channel, job)
        return Done()

    async def check_names(self) -> None:
        """Raise Conflict while the channel has followers.

        Followers know a channel by its address, and no server can be told another address for the same channel. An
        admin who wants the change anyway switches federation off first.
        """
        if not self._addresses.on:
            return
        count = await FollowerRow.filter(state=State.ACCEPTED.value).count()
        if count:
            raise Conflict(FederationProblem.ADDRESS_HAS_FOLLOWERS, count=count)

    async def _wait(self, channel_ids: list[int]) -> None:
        due = self._now().timestamp() + WAIT_S
        for channel_id in channel_ids:
            count = await bump_version(_count_of(channel_id))
            await self._outbox.put([NewJob(KIND, {"channel_id": channel_id, "count": count}, due=due)])

    async def _rotate(self, pems: dict[int, str]) -> None:
        for channel_id, pem in pems.items():
            former = await self._keys.rotate(channel_id, pem)
            if former and channel_id != NODE:
                body = {"channel_id": channel_id, "count": former, "key": former}
                await self._outbox.put([NewJob(KIND, body)])

    async def _send(self, channel: Channel, job: Job) -> None:
        actor = self._addresses.actor(channel)
        # the same id at each retry, so that no inbox gets it twice
        word = "keys" if "key" in job.body else "updates"
        identifier = f"{actor}#{word}/{job.body['count']}"
        document = compose.update_actor(identifier, await self._documents.actor(channel), [PUBLIC])
        former = numbered(actor, job.body["key"]) if "key" in job.body else ""
        to = inboxes(await self._delivery.followers(channel), Visibility.PUBLIC)
        await self._delivery.send(channel, document, to, actor, signed_by=former)


def _count_of(channel_id: int) -> str:
    return f"profile {channel_id}"
