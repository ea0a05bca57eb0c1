"""What waits for the admin: how many of it in each place, for the navigation."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from fedistream.federation.values import State

Count = Callable[[int], Awaitable[int]]
"""Of a channel, by its id."""


class Followers(Protocol):
    async def number(self, channel_id: int, state: State) -> int: ...


class Overview(Protocol):
    async def dead_hosts(self) -> int: ...


class Needs:
    """`places` by the names that the navigation has for them."""

    def __init__(self, places: Mapping[str, Count]) -> None:
        self._places = places

    async def counts(self, channel_id: int) -> Mapping[str, int]:
        return {name: await count(channel_id) for name, count in self._places.items()}


def needs(followers: Followers, overview: Overview) -> Needs:
    """All that can wait."""

    async def pending(channel_id: int) -> int:
        return await followers.number(channel_id, State.PENDING)

    async def dead(channel_id: int) -> int:
        return await overview.dead_hosts()

    return Needs({"followers": pending, "deliveries": dead})
