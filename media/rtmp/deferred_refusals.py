"""The reason why an encoder was disconnected, kept for its next publish, which is refused with it.

OBS reads nothing after Publish.Start: an error in the middle of a stream is a lost connection in its log, and it
connects again two seconds later. It does log why that publish is refused. A reason is sent once, and not to an encoder
that closed the connection when the reason was sent: it has read the reason, and may have been corrected.
"""

from typing import Final

KEPT_S: Final = 20  # OBS is back after 2 s, older ones after 10; after more, somebody has changed something
MOST: Final = 256

EncoderId = tuple[str, str, str]  # address, app, key


class DeferredRefusals:
    """Reasons by encoder, at most MOST of them. `now` is in seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._reasons: dict[EncoderId, tuple[str, float]] = {}

    def put(self, who: EncoderId, flash_ver: str, reason: str, now: float) -> None:
        """Keep a reason, unless the encoder is one that reads while it publishes: that one has seen it."""
        if "Lavf" in flash_ver:
            return  # ffmpeg, and what is built on it
        self._reasons.pop(who, None)
        self._reasons[who] = (reason, now + KEPT_S)
        if len(self._reasons) > MOST:
            del self._reasons[next(iter(self._reasons))]

    def take(self, who: EncoderId, now: float) -> str | None:
        """Return and forget the reason; None when there is none, or it is too old."""
        reason, until = self._reasons.pop(who, ("", now))
        return reason if now < until else None
