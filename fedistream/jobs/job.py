"""A job as a value: something promised to the outside, which is written down before it is tried. Part of the kernel.

Features make NewJobs and hand them to an outbox; handlers get Jobs and return Outcomes. Times are seconds since 1970.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import urlsplit

MAX_BODY = 1 << 20  # bytes of JSON; what an inbox of ours would take


def host_of(target: str) -> str:
    """The name by which the health of the server of this URL is kept: host and port as the URL has them."""
    return urlsplit(target).netloc.lower().rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class NewJob:
    """What is to be done: `kind` names the handler, `target` is the URL it goes to, empty for what stays in the house.

    Jobs with the same `group` (say, host and object) are done one after the other, in the order they were put. Of all
    jobs with the same `once` only the first is taken, for as long as it is remembered (see `Keep`). It is tried from
    `due` on, and never after `expires_at`: a late "I am live" is a nuisance.
    """

    kind: str
    body: Mapping[str, Any]
    target: str = ""
    group: str = ""
    once: str = ""
    due: float = 0.0
    expires_at: float | None = None

    @property
    def host(self) -> str:
        """Host and port of the target, for the health of far servers; empty for what stays in the house."""
        return host_of(self.target)


def activity(document: Mapping[str, Any], inbox: str, key_id: str, **more: Any) -> NewJob:
    """The job of bringing an activity to an inbox, once, signed with this key. `more` are members of NewJob; the
    group should be host and object, so that a Create comes before its Update and Delete."""
    body = {"key": key_id, "activity": document}
    return NewJob("activity", body, inbox, once=f"{document['id']} {inbox}", **more)


@dataclass(frozen=True)
class Job:
    """A job that is leased to us. `id` never changes: send it along, so that the far side can drop doubles.

    `attempts` counts this one too. `text` is the body as it was put, byte for byte, whenever it is tried.
    """

    id: int
    kind: str
    target: str
    host: str
    text: str
    attempts: int
    created_at: float
    expires_at: float | None = None

    @cached_property
    def body(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.text)
        return value


@dataclass(frozen=True, slots=True)
class Done:
    """It is done, and forgotten after a while."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now. `after_s` is the wish of the far side, None where it has none; `why` is for the log and the admin."""

    after_s: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Dead:
    """Never, as it is. An admin may still have it tried again."""

    why: str


Outcome = Done | Retry | Dead


class JobQueue(Protocol):
    """What a feature needs of the outbox."""

    async def put(self, jobs: Sequence[NewJob]) -> None:
        """Write the jobs down, in the transaction that is running, or else in one of their own."""


class HostObserver(Protocol):
    """What a feature tells of far servers."""

    async def heard(self, host: str) -> None:
        """A signed request came from this server (see `host_of`), so it lives."""


class DeliveryQueue(JobQueue, Protocol):
    """An outbox that also keeps the health of the servers it sends to."""

    @property
    def hosts(self) -> HostObserver: ...
