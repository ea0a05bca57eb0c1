"""The chat as federation uses it: the place where replies are shown. The node passes in the implementation."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from fedistream.core.errors import TooMany
from fedistream.federation.values import Reply

AGAIN_S = 5.0

InTransaction = Callable[[str], Awaitable[None]]


class ChatPort(Protocol):
    """The chat's side of replies. All methods but `say` and `answer` run in the caller's transaction and take effect
    after its commit."""

    def is_on(self, channel_id: int) -> bool: ...

    def has_blocked_words(self, channel_id: int, text: str) -> bool:
        """Return whether the text has words that the channel blocks."""

    async def say(self, said: Reply, in_transaction: InTransaction) -> None:
        """Add a message to the chat.

        `in_transaction(message id)` is awaited in the transaction that stores the message; when it raises, the message
        is not stored. Raises TooMany when the message was not stored, whatever the reason.
        """

    async def edit(self, message_id: str, said: Reply) -> None: ...

    async def set_visible(self, message_ids: Sequence[str], visible: bool, by: str) -> None: ...

    async def answer(self, said: Reply, markdown: str, by: str, in_transaction: InTransaction) -> None:
        """Add a message in the channel's name that replies to one in the chat; otherwise as `say`."""

    async def wipe(self, message_ids: Sequence[str], by: str) -> None:
        """Hide the messages, and delete their text and author."""

    async def authors(self, after: str) -> Sequence[str]:
        """Return the next URLs of actors that have messages, in order, beginning after the URL `after`."""

    async def forget(self, author: str) -> None:
        """Hide and delete all messages of an actor, the announcements of its engagements, and its name."""


class NoChat:
    """The chat of a process that has none. No inbox leads to it."""

    def is_on(self, channel_id: int) -> bool:
        return False

    def has_blocked_words(self, channel_id: int, text: str) -> bool:
        return False

    async def say(self, said: Reply, in_transaction: InTransaction) -> None:
        raise TooMany(AGAIN_S)

    async def answer(self, said: Reply, markdown: str, by: str, in_transaction: InTransaction) -> None:
        raise TooMany(AGAIN_S)

    async def edit(self, message_id: str, said: Reply) -> None:
        """Do nothing: there is no chat."""

    async def set_visible(self, message_ids: Sequence[str], visible: bool, by: str) -> None:
        """Do nothing: there is no chat."""

    async def wipe(self, message_ids: Sequence[str], by: str) -> None:
        """Do nothing: there is no chat."""

    async def authors(self, after: str) -> Sequence[str]:
        return ()

    async def forget(self, author: str) -> None:
        """Do nothing: there is no chat."""


NO_CHAT = NoChat()
