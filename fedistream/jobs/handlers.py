"""The handlers for each kind of job. The composition puts them into the worker's table."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from activitypub.bounded_dict import BoundedDict
from activitypub.network import deliver
from activitypub.network.deliver import Payload, encode_payload
from activitypub.signatures.keys import SigningKey
from activitypub.urls import without_fragment
from fedistream.core.bus import Enqueue, Reaction
from fedistream.core.events import BadFact, Fact, from_json, to_json
from fedistream.jobs.backoff import is_last
from fedistream.jobs.job import Dead, Done, Job, JobQueue, NewJob, Outcome, Retry

log = logging.getLogger(__name__)

MAX_PAYLOADS = 64  # of at most 1 MiB each; a burst has one activity or a few


FindKey = Callable[[str], Awaitable[SigningKey | None]]
"""Returns this node's signing key with an id, or None. Keys are cached in parsed form, because parsing one costs more
than a delivery. An id without a fragment is that of an actor, and means its present key."""

Deliver = Callable[[str, Payload, SigningKey], Awaitable[deliver.Outcome]]
"""Delivers a payload to an inbox, signed with a key."""


class ActivityHandler:
    """Delivers activities. Awaits `on_gone(inbox)` for an inbox that no longer exists."""

    def __init__(self, deliver: Deliver, find_key: FindKey, on_gone: Callable[[str], Awaitable[None]]) -> None:
        self._deliver, self._find_key, self._on_gone = deliver, find_key, on_gone
        self._payloads: BoundedDict[str, tuple[str, Payload]] = BoundedDict(MAX_PAYLOADS)

    async def __call__(self, job: Job) -> Outcome:
        key_id, payload = self._encoded(job)
        if job.attempts > 1:
            # the actor's present key: it may have been rotated, and the server may know it by now
            key_id = without_fragment(key_id)
        key = await self._find_key(key_id)
        if key is None:
            return Dead(f"there is no key {key_id}")
        outcome = await self._deliver(job.target, payload, key)
        if isinstance(outcome, deliver.Delivered):
            return Done()
        if isinstance(outcome, deliver.TemporaryFailure):
            if outcome.reason == "unauthorized" and job.attempts > 1:
                # the actor was published again after the first refusal, and the server still refuses the signature
                return Dead(outcome.reason)
            return Retry(outcome.after_s, outcome.reason)
        if outcome.gone:
            await self._on_gone(job.target)
        return Dead(outcome.reason)

    def _encoded(self, job: Job) -> tuple[str, Payload]:
        """Return the key id and the encoded activity. One activity goes to many inboxes, so it is encoded and digested
        once."""
        found = self._payloads.get(job.text)
        if found is None:
            found = self._payloads[job.text] = job.body["key"], encode_payload(job.body["activity"])
        return found


def fact(fact: Fact, reaction_id: str) -> NewJob:
    """Return the job of a reaction to a fact. Jobs of one reaction and channel are done in the order of their facts."""
    channel_id = getattr(fact, "channel_id", None)
    return NewJob("fact", {"reaction": reaction_id, "fact": to_json(fact)}, group=f"{reaction_id} {channel_id}")


def enqueue(outbox: JobQueue) -> Enqueue:
    """Return the function by which the bus stores reactions as jobs."""

    async def write(promised: Sequence[tuple[Fact, Sequence[str]]]) -> None:
        await outbox.put([fact(happened, reaction_id) for happened, ids in promised for reaction_id in ids])

    return write


class FactHandler:
    """Calls the reaction with the id that the bus stored. It may be called twice for one job: see `outbox.py`.

    `former` maps the names that older versions stored to ids. A job of an unknown reaction is retried like one that
    fails.
    """

    def __init__(self, reactions: Iterable[Reaction], former: Mapping[str, str] | None = None) -> None:
        self._acts = {reaction.id: reaction.act for reaction in reactions if reaction.kind == "job"}
        self._former = dict(former or {})

    async def __call__(self, job: Job) -> Outcome:
        name = job.body["reaction"]
        act = self._acts.get(self._former.get(name, name))
        if act is None:
            # during an upgrade, a newer version may run beside this one and store jobs that only its own workers know
            if is_last(job):
                log.error("job %d is given up: this version has no reaction %s", job.id, name)
            return Retry(None, f"there is no reaction {name}")
        try:
            happened = from_json(job.body["fact"])
        except BadFact as error:
            return Dead(str(error))
        await act(happened)
        return Done()
