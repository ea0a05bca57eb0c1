"""Makes and connects the parts of the chat."""

from dataclasses import dataclass
from pathlib import Path

from fedistream.chat.bans import Bans
from fedistream.chat.context import ChatContext
from fedistream.chat.emoji import Emoji
from fedistream.chat.messages import MessageLog
from fedistream.chat.moderation import Moderation
from fedistream.chat.poster import ChatPoster
from fedistream.chat.presence import Presence
from fedistream.chat.remote_messages import RemoteMessages
from fedistream.chat.service import Chat
from fedistream.chat.visitors import Visitors


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


async def build(context: ChatContext, emoji_folder: Path, default_emoji: Path | None = None) -> ChatFeature:
    """Make the chat and read what it needs. The database must be open."""
    clocks = context.clocks
    visitors, presence, bans, emoji = (
        Visitors(clocks),
        Presence(clocks),
        Bans(clocks.now),
        Emoji(emoji_folder, default_emoji, lambda: bool(context.settings.value("chat.default_emoji"))),
    )
    await bans.open()
    messages = MessageLog(clocks, visitors, context.facts)
    await messages.open()
    poster = ChatPoster(context, messages, presence, emoji)
    chat = Chat(context, poster, visitors, messages, presence, bans, emoji)
    moderation = Moderation(context, poster, visitors, messages, presence, bans)
    remote_messages = RemoteMessages(context, poster, moderation, messages)
    return ChatFeature(chat, poster, moderation, remote_messages, visitors, messages, presence, bans, emoji)
