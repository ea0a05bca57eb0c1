"""An outbox with a clock that the test moves, and short calls to put, lease, finish and list jobs."""

from dataclasses import dataclass, field
from typing import Any

from fedistream.jobs.job import Dead, Done, Job, NewJob, Retry
from fedistream.jobs.models import OutboxRow
from fedistream.jobs.outbox import Outbox, Settled, Wanted

NOON = 1_700_000_000.0
ANN = "https://ann.example/inbox"
BOB = "https://bob.example:8443/inbox"


@dataclass
class OutboxKit:
    """`now` is the outbox's time in Unix seconds; `nudges` counts its calls to a sleeping worker."""

    now: float = NOON
    nudges: int = 0
    outbox: Outbox = field(init=False)

    def __post_init__(self) -> None:
        self.outbox = Outbox(lambda: self.now, self._nudge)

    def _nudge(self) -> None:
        self.nudges += 1

    async def put(self, target: str = "", count: int = 1, **more: Any) -> None:
        more = {"kind": "activity", "body": {}, **more}
        await self.outbox.put([NewJob(target=target, **more) for _ in range(count)])

    async def lease(
        self, limit: int = 10, owner: str = "ours", share: int = 100, busy: tuple[str, ...] = ()
    ) -> list[Job]:
        wanted = Wanted(limit, ("activity", "fact"), share, busy)
        return list(await self.outbox.lease(owner, wanted))

    async def done(self, *jobs: Job, owner: str = "ours") -> None:
        await self.outbox.settle(owner, [Settled(job, Done()) for job in jobs])

    async def fail(self, *jobs: Job, after_s: float = 60, owner: str = "ours") -> None:
        await self.outbox.settle(owner, [Settled(job, Retry(after_s, "status 500")) for job in jobs])

    async def bury(self, *jobs: Job, owner: str = "ours") -> None:
        await self.outbox.settle(owner, [Settled(job, Dead("status 404")) for job in jobs])

    async def states(self) -> list[str]:
        """Return the states of all rows, the oldest first."""
        return [row.state for row in await OutboxRow.all().order_by("id")]
