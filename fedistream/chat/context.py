"""The rest of the node as the chat needs it."""

from collections.abc import Callable
from dataclasses import dataclass

from fedistream.broadcasts.values import LiveStatus
from fedistream.chat.values import Broadcaster
from fedistream.core.clocks import Clocks
from fedistream.core.ports import FactEmitter, SettingsReader


def never(channel_id: int) -> bool:
    """Return that nothing opens a chat but its broadcasts."""
    return False


def no_picture(url: str) -> str:
    """Return no path: without a media proxy, remote images are not shown."""
    return ""


@dataclass(frozen=True, slots=True)
class ChatContext:
    """The other features as the chat needs them.

    `live` returns a channel's live status, `channel_ids` the ids of all channels. Without a `broadcaster`, every
    connection is sent each event separately. `picture` returns this node's path for the URL of a remote image.
    `opens_early` returns whether a channel's chat is open for a broadcast that is to come.
    """

    settings: SettingsReader
    facts: FactEmitter
    clocks: Clocks
    live: Callable[[int], LiveStatus]
    channel_ids: Callable[[], tuple[int, ...]]
    broadcaster: Broadcaster | None = None
    picture: Callable[[str], str] = no_picture
    opens_early: Callable[[int], bool] = never
