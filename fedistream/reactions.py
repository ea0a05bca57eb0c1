"""The one page that says who acts on which fact."""

from fedistream.bus import Reaction
from fedistream.events import BroadcastEnded, BroadcastStarted
from fedistream.viewers.service import Viewers


def table(viewers: Viewers) -> tuple[Reaction, ...]:
    """The reactions of a node with these services."""
    return (
        Reaction(BroadcastStarted, "now", viewers.begin_session),
        Reaction(BroadcastEnded, "now", viewers.end_session),
    )
