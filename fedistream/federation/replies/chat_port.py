"""The chat as federation sees it: where replies are shown. The chat's own side is handed in when a node is built."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from fedistream.core.errors import TooMany
from fedistream.federation.values import Reply

AGAIN_S = 5.0

InTransaction = Callable[[str], Awaitable[None]]


class ChatPort(Protocol):
    """All but `say` and `answer` runs in the caller's transaction, and is heard after its commit."""

    def is_on(self, channel_id: int) -> bool: ...

    def has_blocked_words(self, channel_id: int, text: str) -> bool:
        """Whether there are words in it that the channel does not want."""

    async def say(self, said: Reply, in_transaction: InTransaction) -> None:
        """Add a line to the chat. `in_transaction(message id)` is awaited in the transaction that writes it: what it
        raises keeps the line out. Raises TooMany when it was not written, whatever the reason."""

    async def edit(self, message_id: str, said: Reply) -> None: ...

    async def set_visible(self, message_ids: Sequence[str], visible: bool, by: str) -> None: ...

    async def answer(self, said: Reply, markdown: str, by: str, in_transaction: InTransaction) -> None:
        """A line in the channel's name to something that stands in the chat; otherwise as `say`."""

    async def wipe(self, message_ids: Sequence[str], by: str) -> None:
        """Hide them, and forget what they said and who said it."""

    async def authors(self, after: str) -> Sequence[str]:
        """The URLs of actors of whom there are lines, some of them, in order, those after one of them."""

    async def forget(self, author: str) -> None:
        """Hide all lines of an actor, and those that tell what it did, and forget them with the name."""


class NoChat:
    """The room of a process without a chat, to which no inbox leads either."""

    def is_on(self, channel_id: int) -> bool:
        return False

    def has_blocked_words(self, channel_id: int, text: str) -> bool:
        return False

    async def say(self, said: Reply, in_transaction: InTransaction) -> None:
        raise TooMany(AGAIN_S)

    async def answer(self, said: Reply, markdown: str, by: str, in_transaction: InTransaction) -> None:
        raise TooMany(AGAIN_S)

    async def edit(self, message_id: str, said: Reply) -> None:
        """Nobody sees it here."""

    async def set_visible(self, message_ids: Sequence[str], visible: bool, by: str) -> None:
        """Nobody sees it here."""

    async def wipe(self, message_ids: Sequence[str], by: str) -> None:
        """Nobody sees it here."""

    async def authors(self, after: str) -> Sequence[str]:
        return ()

    async def forget(self, author: str) -> None:
        """Nobody sees it here."""


NO_CHAT = NoChat()
