"""Two encoders with one stream key: which of them keeps the channel.

The newest takes over, as a streamer means it to who moves to another machine. An encoder that was sent away comes back
by itself, though (OBS after two seconds), and the two would take over from each other for ever. So for a while after a
takeover from an encoder that was sending, whoever comes is refused in words as long as the other one sends on. An
encoder whose connection broke has fallen silent: its return is not refused.
"""

import asyncio
from typing import Final, Protocol

CONTESTED_S: Final = 60.0  # after the last takeover or return
SILENT_S: Final = 2.0  # whoever sends nothing for so long is taken for gone; encoders send sound 40 times a second
LOOK_S: Final = 0.1

WORDS: Final = (
    "Another encoder is publishing with this stream key. Stop one of the two, or wait a minute after the other stopped."
)


class Sender(Protocol):
    """A publication on the air."""

    @property
    def address(self) -> str: ...
    def silent_s(self) -> float:
        """For how long it has sent neither picture nor sound."""


class Takeovers:
    """Those of one channel."""

    def __init__(self) -> None:
        self._current: Sender | None = None
        self._until = 0.0
        self._other = ""

    def take(self, sender: Sender) -> None:
        """It goes on the air, in the place of whoever is there."""
        before, self._current = self._current, sender
        if before is not None and before is not sender and before.silent_s() < SILENT_S:
            self._contest(before.address)

    def leave(self, sender: Sender) -> None:
        if sender is self._current:
            self._current = None

    async def may_come(self, address: str) -> bool:
        """Whether an encoder that asks now may publish. Waits for up to SILENT_S for the other one to be heard."""
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
        """For the admin: both addresses, for as long as the other one keeps coming."""
        if self._current is None or _now() >= self._until:
            return ()
        return (
            f"Two encoders publish with the same stream key: {self._current.address} is on the air, and {self._other} "
            "keeps coming back and is refused.",
        )

    def _contest(self, other: str) -> None:
        self._until, self._other = _now() + CONTESTED_S, other


def _now() -> float:
    return asyncio.get_running_loop().time()
