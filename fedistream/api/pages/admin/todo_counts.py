"""The counts of items that wait for the admin, for the navigation."""

from collections.abc import Awaitable, Callable, Mapping

from fedistream.federation.followers.service import Followers
from fedistream.federation.inbox.reports import Reports
from fedistream.federation.replies.service import Replies
from fedistream.federation.values import State
from fedistream.jobs.admin import OutboxAdmin
from fedistream.webhooks.service import Webhooks
from fedistream.webhooks.values import Disabled

Count = Callable[[int], Awaitable[int]]
"""Of a channel, by its id."""


class TodoCounts:
    """Counts `places`, by the names that they have in the navigation."""

    def __init__(self, places: Mapping[str, Count]) -> None:
        self._places = places

    async def counts(self, channel_id: int) -> Mapping[str, int]:
        return {name: await count(channel_id) for name, count in self._places.items()}


def todo_counts(
    followers: Followers, outbox_admin: OutboxAdmin, replies: Replies, reports: Reports, webhooks: Webhooks
) -> TodoCounts:
    """Return the counts of everything that can wait for the admin."""

    async def pending(channel_id: int) -> int:
        return await followers.number(channel_id, State.PENDING, directories=False)

    async def featuring(channel_id: int) -> int:
        return await followers.number(channel_id, State.PENDING, directories=True)

    async def dead(channel_id: int) -> int:
        return await outbox_admin.dead_hosts()

    async def held(channel_id: int) -> int:
        return (await replies.held(channel_id, 0, 1)).total

    async def reported(channel_id: int) -> int:
        return (await reports.page(limit=1)).total

    async def given_up(channel_id: int) -> int:
        return sum(hook.disabled in (Disabled.GONE, Disabled.FAILING) for hook in webhooks.all())

    return TodoCounts(
        {
            "followers": pending,
            "featured": featuring,
            "replies": held,
            "flags": reported,
            "deliveries": dead,
            "webhooks": given_up,
        }
    )
