"""Makes and connects the parts of the chat."""

from dataclasses import dataclass
from pathlib import Path

from fedistream.chat.bans import Bans
from fedistream.chat.emoji import Emoji
from fedistream.chat.messages import MessageLog
from fedistream.chat.moderation import Moderation
from fedistream.chat.poster import ChatPoster, Neighbours, Parts
from fedistream.chat.presence import Presence
from fedistream.chat.remote_messages import RemoteMessages
from fedistream.chat.service import Chat
from fedistream.chat.visitors import Visitors
from fedistream.core.clocks import Clocks


@dataclass(frozen=True, slots=True)
class ChatFeature:
    """The chat and its parts. `chat.run` must be running; call `chat.close` to end it."""

    chat: Chat
    poster: ChatPoster
    moderation: Moderation
    remote_messages: RemoteMessages
    visitors: Visitors
    messages: MessageLog
    presence: Presence
    bans: Bans
    emoji: Emoji


async def build(near: Neighbours, clocks: Clocks, emoji_folder: Path) -> ChatFeature:
    """Make the chat and read what it needs. The database must be open."""
    visitors, presence, bans, emoji = Visitors(clocks), Presence(clocks), Bans(clocks.now), Emoji(emoji_folder)
    await bans.open()
    messages = MessageLog(clocks, visitors, near.facts)
    await messages.open()
    parts = Parts(visitors, messages, presence, bans, emoji)
    poster = ChatPoster(parts, near)
    chat, moderation = Chat(parts, poster, near, clocks), Moderation(parts, poster, near, clocks)
    remote_messages = RemoteMessages(parts, poster, moderation, near)
    return ChatFeature(chat, poster, moderation, remote_messages, visitors, messages, presence, bans, emoji)
