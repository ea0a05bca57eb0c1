"""Connects one encoder's RTMP publish to the channel's live session."""

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from fedistream.broadcasts.session import LiveSession
from fedistream.broadcasts.values import Encoder
from fedistream.broadcasts.wording import sentence
from media import Ingest, IngestCallbacks, Sink, StreamWarning
from media.rtmp import Connection, EndReason, PublishRequest

log = logging.getLogger(__name__)


class EncoderPublication:
    """The source of a live session. The RTMP server feeds `ingest`."""

    def __init__(
        self, session: LiveSession, request: PublishRequest, connection: Connection, now: Callable[[], datetime]
    ) -> None:
        self._session, self._request, self._connection, self._connected_at = session, request, connection, now()
        self.address = request.address
        self.ingest = Ingest(self._begin, IngestCallbacks(self._warn, self._refuse, self._end))
        self.silent_s = self.ingest.silent_s

    def encoder(self) -> Encoder:
        """Return the encoder's description."""
        details = asdict(self.ingest.details)
        details["software"] = details["software"] or self._request.flash_ver
        return Encoder(self.address, self._connected_at, **details)

    def warnings(self) -> tuple[str, ...]:
        """Return the present warnings about the stream as sentences."""
        return tuple(map(sentence, self.ingest.warnings))

    def drop(self, why: str) -> None:
        """Close the encoder's connection."""
        self._connection.close(why)

    def _begin(self) -> tuple[Sink, int]:
        log.info("encoder %s is live", self.address)
        self._session.takeovers.take(self)
        return self._session.take(self)

    def _warn(self, warning: StreamWarning) -> None:
        log.warning("encoder %s: %s", self.address, sentence(warning))

    def _refuse(self, reason: str) -> None:
        """Keep the reason for the admin. The RTMP server writes it to the log."""
        self._session.refuse(reason)

    def _end(self, end: EndReason, why: str) -> None:
        log.info("encoder %s disconnected: %s", self.address, why)
        self._session.takeovers.leave(self)
        (self._session.finished if end is EndReason.FINISHED else self._session.lost)(self)
