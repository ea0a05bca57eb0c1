"""The admin's decisions about remote actors. Each is made and logged as a moderation action in one transaction."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.chat.values import ActionKind
from fedistream.core.errors import Invalid, NotFound, ValueProblem
from fedistream.core.ports import Channel

Action = Callable[[Channel, str], Awaitable[None]]


async def decide_follower(
    request: ApiRequest, services: AdminPagesServices, submitted: Mapping[str, str], choices: Sequence[str]
) -> str:
    """Carry out the decision that the form's `do` names about its `actor`, a URL, and log it.

    Returns the code of the message that the next page shows. Raises Invalid for no decision of `choices`.
    """
    what, actor = submitted.get("do", ""), submitted.get("actor", "")
    if what not in choices:
        raise Invalid("do", ValueProblem.CHOICE, choices=", ".join(choices))
    federation = services.federation
    # a removed follower may ask again, as after a rejection and after unblocking
    actions: Mapping[str, Action] = {"approve": federation.approve, "block": federation.block}
    act = partial(actions.get(what, federation.remove), request.channel, actor)
    try:
        targets = [await services.followers.handle_of(actor)]
        await services.moderation.carry_out(act, ActionKind(f"{what} follower"), request.principal.actor, targets)
    except NotFound:
        return "gone"
    return f"follower-{what}"
