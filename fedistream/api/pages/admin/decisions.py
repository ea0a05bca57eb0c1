"""What the admin decides about people elsewhere: done, and written into the moderators' log, in one transaction."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Protocol

from fedistream.chat.moderation import ADMIN
from fedistream.core.ports import Channel

Deed = Callable[[Channel, str], Awaitable[None]]


class Moderation(Protocol):
    async def carry_out(
        self, act: Callable[[], Awaitable[object]], what: str, actor: str, targets: Iterable[str], why: str = ""
    ) -> None: ...


class Names(Protocol):
    async def handle_of(self, actor: str) -> str: ...


async def carry_out(moderation: Moderation, names: Names, deed: Deed, channel: Channel, actor: str, what: str) -> None:
    """Do it about a follower, an actor's URL; `what` is the word for it. Raises what the deed does."""
    act = partial(deed, channel, actor)
    await moderation.carry_out(act, f"{what} follower", ADMIN, [await names.handle_of(actor)])
