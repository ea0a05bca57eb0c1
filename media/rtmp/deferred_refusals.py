"""Why an encoder was cut off, kept to be told to it when it comes back.

OBS reads nothing after Publish.Start: an error in the middle of a stream shows up in its log as a lost connection, and
it connects again two seconds later. That publish is refused with the reason, which OBS does log. It is told once, and
not to an encoder that closed the connection when it was told: that one has read it, and what it sends next may be good.
"""

from typing import Final

KEPT_S: Final = 20  # OBS is back after 2 s, older ones after 10; whoever takes longer has changed something meanwhile
MOST: Final = 256

EncoderId = tuple[str, str, str]  # address, app, key


class DeferredRefusals:
    def __init__(self) -> None:
        self._reasons: dict[EncoderId, tuple[str, float]] = {}

    def put(self, who: EncoderId, flash_ver: str, reason: str, now: float) -> None:
        """Keep a reason, unless the encoder is one that reads while it publishes and has seen it."""
        if "Lavf" in flash_ver:
            return  # ffmpeg and what is made of it
        self._reasons.pop(who, None)
        self._reasons[who] = (reason, now + KEPT_S)
        if len(self._reasons) > MOST:
            del self._reasons[next(iter(self._reasons))]

    def take(self, who: EncoderId, now: float) -> str | None:
        """The reason, and forget it; None when there is none or it is old."""
        reason, until = self._reasons.pop(who, ("", now))
        return reason if now < until else None
