"""The admin's decisions about remote actors. Each is made and logged as a moderation action in one transaction."""

from collections.abc import Awaitable, Callable
from functools import partial

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.chat.values import ActionKind
from fedistream.core.ports import Channel

Deed = Callable[[Channel, str], Awaitable[None]]


async def carry_out(request: ApiRequest, services: AdminPagesServices, deed: Deed, actor: str, what: str) -> None:
    """Carry out a decision about `actor`, a URL, and log it as `what`. Raises what the decision raises."""
    act = partial(deed, request.channel, actor)
    targets = [await services.followers.handle_of(actor)]
    await services.moderation.carry_out(act, ActionKind(f"{what} follower"), request.principal.actor, targets)
