"""The one page that says who acts on which fact."""

from fedistream.bus import Reaction
from fedistream.chat.herald import Herald
from fedistream.chat.service import Chat
from fedistream.events import BroadcastEnded, BroadcastStarted, SettingChanged, TitleChanged
from fedistream.federation.service import Federation
from fedistream.viewers.service import Viewers


def jobs() -> tuple[Reaction, ...]:
    """What must happen, and happens in a worker: the services here are built in both processes."""
    return ()


def table(viewers: Viewers, chat: Chat, herald: Herald, federation: Federation) -> tuple[Reaction, ...]:
    """The reactions of a node with these services."""
    return (
        Reaction(BroadcastStarted, "now", viewers.begin_session),
        Reaction(BroadcastStarted, "live", herald.announce_start),
        Reaction(BroadcastEnded, "now", viewers.end_session),
        Reaction(BroadcastEnded, "live", herald.announce_end),
        Reaction(TitleChanged, "live", herald.announce_title),
        Reaction(SettingChanged, "now", chat.heed),
        *jobs(),
        Reaction(SettingChanged, "now", federation.heed),
    )
