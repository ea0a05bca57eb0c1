"""What the chat needs of the rest of the node."""

from collections.abc import Callable
from dataclasses import dataclass

from fedistream.broadcasts.values import LiveStatus
from fedistream.chat.values import Broadcaster
from fedistream.core.clocks import Clocks
from fedistream.core.ports import FactEmitter, SettingsReader


def no_picture(url: str) -> str:
    """Return the path of a picture elsewhere where none is shown: none."""
    return ""


@dataclass(frozen=True, slots=True)
class ChatContext:
    """`live` returns what is on the air in a channel, `channel_ids` the ids of all channels. Without a `broadcaster`
    each listener is told by itself. `picture` returns the path of ours for the URL of a picture elsewhere."""

    settings: SettingsReader
    facts: FactEmitter
    clocks: Clocks
    live: Callable[[int], LiveStatus]
    channel_ids: Callable[[], tuple[int, ...]]
    broadcaster: Broadcaster | None = None
    picture: Callable[[str], str] = no_picture
