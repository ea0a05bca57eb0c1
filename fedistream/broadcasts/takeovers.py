"""Two encoders with one stream key: which of them may publish.

The newest takes over, because a streamer may move to another machine. The replaced encoder reconnects by itself, though
(OBS after 2 s), and the two would take over from each other for ever. So for CONTESTED_S after a takeover from an
encoder that was sending, a new encoder is refused while the present one keeps sending. An encoder whose connection
broke sends nothing, so its return is not refused.
"""

import asyncio
from typing import Final, Protocol

CONTESTED_S: Final = 60.0  # after the last takeover or return
SILENT_S: Final = 2.0  # without a sample, an encoder counts as gone; sound has about 40 frames a second
LOOK_S: Final = 0.1

WORDS: Final = (
    "Another encoder is publishing with this stream key. Stop one of the two, or wait a minute after the other stopped."
)


class Sender(Protocol):
    """A live publication."""

    @property
    def address(self) -> str: ...
    def silent_s(self) -> float:
        """Return for how many seconds it has sent neither picture nor sound."""


class Takeovers:
    """The takeovers of one channel."""

    def __init__(self) -> None:
        self._current: Sender | None = None
        self._until = 0.0
        self._other = ""

    def take(self, sender: Sender) -> None:
        """Note that `sender` is live now, in place of the one before."""
        before, self._current = self._current, sender
        if before is not None and before is not sender and before.silent_s() < SILENT_S:
            self._contest(before.address)

    def leave(self, sender: Sender) -> None:
        if sender is self._current:
            self._current = None

    async def may_come(self, address: str) -> bool:
        """Return whether a new encoder may publish. Waits for up to SILENT_S to see whether the present one sends."""
        current, begun = self._current, _now()
        if current is None or begun >= self._until:
            return True
        while (waited := _now() - begun) < SILENT_S:
            if self._current is not current:
                return True
            if current.silent_s() < waited:
                self._contest(address)
                return False
            await asyncio.sleep(LOOK_S)
        return True

    def warnings(self) -> tuple[str, ...]:
        """Return a warning for the admin with both addresses, while the other encoder keeps reconnecting."""
        if self._current is None or _now() >= self._until:
            return ()
        return (
            f"Two encoders publish with the same stream key: {self._current.address} is live, and {self._other} "
            "keeps coming back and is refused.",
        )

    def _contest(self, other: str) -> None:
        self._until, self._other = _now() + CONTESTED_S, other


def _now() -> float:
    return asyncio.get_running_loop().time()
