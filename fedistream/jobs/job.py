"""Jobs as values: work for the outside, stored before it is tried.

Features make NewJobs and put them into an outbox; handlers get Jobs and return Outcomes. Times are Unix seconds.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import urlsplit

MAX_BODY = 1 << 20  # bytes of JSON; the limit of this node's own inboxes


def host_of(target: str) -> str:
    """Return host and port of a URL as written, in lower case: the name for the server's health."""
    return urlsplit(target).netloc.lower().rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to put. `kind` names the handler; `target` is the URL it goes to, empty for a job inside the node.

    Jobs with the same `group` (such as host and object) are done one after the other, in the order they were put. Of
    the jobs with the same `once` only the first is accepted, as long as its row is stored (see `Keep`). A job is tried
    from `due` on and never after `expires_at`: a late live announcement is worse than none.
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
        """Host and port of the target, for the server's health; empty for a job inside the node."""
        return host_of(self.target)


def activity(document: Mapping[str, Any], inbox: str, key_id: str, **more: Any) -> NewJob:
    """Return the job of delivering an activity to an inbox once, signed with this key.

    `more` are members of NewJob. The group should be host and object, so that a Create arrives before its Update and
    Delete.
    """
    body = {"key": key_id, "activity": document}
    return NewJob("activity", body, inbox, once=f"{document['id']} {inbox}", **more)


@dataclass(frozen=True)
class Job:
    """A job that this worker has leased. `id` never changes, so that the receiver can detect duplicates.

    `attempts` includes this one. `text` is the body as it was put, byte for byte, in every attempt.
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
    """The job is done. Its row is deleted after a while."""


@dataclass(frozen=True, slots=True)
class Retry:
    """The attempt failed. `after_s` is the delay that the server asks for, or None; `why` is for the log and the
    admin."""

    after_s: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Dead:
    """The job failed for good. The admin may still retry it."""

    why: str


Outcome = Done | Retry | Dead


class JobQueue(Protocol):
    """The outbox as features need it."""

    async def put(self, jobs: Sequence[NewJob]) -> None:
        """Store jobs in the running transaction, or else in one of their own."""


class HostObserver(Protocol):
    """The health of servers as features need it."""

    async def record_contact(self, host: str) -> None:
        """Note that a signed request came from this host (see `host_of`)."""


class DeliveryQueue(JobQueue, Protocol):
    """An outbox that also keeps the health of servers."""

    @property
    def hosts(self) -> HostObserver: ...
