"""The chat as a whole: its parts, made and joined."""

from dataclasses import dataclass
from pathlib import Path

from fedistream.chat.bans import Bans
from fedistream.chat.clocks import Clocks
from fedistream.chat.emoji import Emoji
from fedistream.chat.messages import MessageLog
from fedistream.chat.moderation import Moderation
from fedistream.chat.poster import Herald, Neighbours, Parts
from fedistream.chat.presence import Rooms
from fedistream.chat.remote_messages import Gallery
from fedistream.chat.service import Chat
from fedistream.chat.visitors import Visitors


@dataclass(frozen=True, slots=True)
class ChatFeature:
    """`chat` has to `run`, and be closed."""

    chat: Chat
    herald: Herald
    moderation: Moderation
    gallery: Gallery
    visitors: Visitors
    messages: MessageLog
    rooms: Rooms
    bans: Bans
    emoji: Emoji


async def build(near: Neighbours, clocks: Clocks, emoji_folder: Path) -> ChatFeature:
    """On an open database."""
    visitors, rooms, bans, emoji = Visitors(clocks), Rooms(clocks), Bans(clocks.now), Emoji(emoji_folder)
    await bans.open()
    messages = MessageLog(clocks, visitors, near.facts)
    await messages.open()
    parts = Parts(visitors, messages, rooms, bans, emoji)
    herald = Herald(parts, near)
    chat, moderation = Chat(parts, herald, near, clocks), Moderation(parts, herald, near, clocks)
    gallery = Gallery(parts, herald, moderation, near)
    return ChatFeature(chat, herald, moderation, gallery, visitors, messages, rooms, bans, emoji)
