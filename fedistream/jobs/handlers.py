"""What is done with each kind of job that the node has so far. The composition puts them into the worker's table."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from activitypub.network import deliver
from activitypub.network.deliver import Payload, encode_payload
from activitypub.signatures.keys import SigningKey
from activitypub.urls import without_fragment
from fedistream.core.bus import Enqueue, Reaction
from fedistream.core.events import BadFact, Fact, from_json, to_json
from fedistream.jobs.job import Dead, Done, Job, JobQueue, NewJob, Outcome, Retry

MAX_PAYLOADS = 64  # of at most a megabyte; a burst has one activity or a few


FindKey = Callable[[str], Awaitable[SigningKey | None]]
"""Returns our own signing key with this id. Keys are kept parsed, as loading one for each delivery would cost more than
the delivery. An id without a fragment is that of an actor, and means its present key."""

Deliver = Callable[[str, Payload, SigningKey], Awaitable[deliver.Outcome]]
"""Brings a payload to an inbox, signed with a key."""


class ActivityHandler:
    """Delivers activities. `on_gone(inbox)` is called for inboxes that are no more."""

    def __init__(self, deliver: Deliver, find_key: FindKey, on_gone: Callable[[str], Awaitable[None]]) -> None:
        self._deliver, self._find_key, self._on_gone = deliver, find_key, on_gone
        self._payloads: OrderedDict[str, tuple[str, Payload]] = OrderedDict()

    async def __call__(self, job: Job) -> Outcome:
        key_id, payload = self._encoded(job)
        if job.attempts > 1:
            # by the actor alone, which means the key that it has now: who was told of a new one may know it by now
            key_id = without_fragment(key_id)
        key = await self._find_key(key_id)
        if key is None:
            return Dead(f"there is no key {key_id}")
        outcome = await self._deliver(job.target, payload, key)
        if isinstance(outcome, deliver.Delivered):
            return Done()
        if isinstance(outcome, deliver.TemporaryFailure):
            if outcome.reason == "unauthorized" and job.attempts > 1:
                # the second time our actor has been published again, and they still do not believe us
                return Dead(outcome.reason)
            return Retry(outcome.after_s, outcome.reason)
        if outcome.gone:
            await self._on_gone(job.target)
        return Dead(outcome.reason)

    def _encoded(self, job: Job) -> tuple[str, Payload]:
        """The same activity goes to a thousand inboxes: it is written and digested once."""
        found = self._payloads.get(job.text)
        if found is None:
            found = self._payloads[job.text] = job.body["key"], encode_payload(job.body["activity"])
            if len(self._payloads) > MAX_PAYLOADS:
                self._payloads.popitem(last=False)
        return found


def fact(fact: Fact, reaction_id: str) -> NewJob:
    """The job of reacting to a fact. Those of one reaction and channel are done in the order they happened."""
    channel_id = getattr(fact, "channel_id", None)
    return NewJob("fact", {"reaction": reaction_id, "fact": to_json(fact)}, group=f"{reaction_id} {channel_id}")


def enqueue(outbox: JobQueue) -> Enqueue:
    """What the bus is given to write down the reactions (by id) that must happen."""

    async def write(promised: Sequence[tuple[Fact, Sequence[str]]]) -> None:
        await outbox.put([fact(happened, reaction_id) for happened, ids in promised for reaction_id in ids])

    return write


class FactHandler:
    """Calls the reaction that the bus wrote down, by its id. It may be called twice: see `outbox.py`. `former` gives
    the ids of reactions that older versions wrote down by other names."""

    def __init__(self, reactions: Iterable[Reaction], former: Mapping[str, str] | None = None) -> None:
        self._acts = {reaction.id: reaction.act for reaction in reactions if reaction.kind == "job"}
        self._former = dict(former or {})

    async def __call__(self, job: Job) -> Outcome:
        name = job.body["reaction"]
        act = self._acts.get(self._former.get(name, name))
        if act is None:
            # a job of an older version, and what it did may be done otherwise now
            return Dead(f"there is no reaction {name}")
        try:
            happened = from_json(job.body["fact"])
        except BadFact as error:
            return Dead(str(error))
        await act(happened)
        return Done()
