"""One encoder's publish, from the RTMP server's calls to the channel's air."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from fedistream.broadcasts.session import LiveSession
from fedistream.broadcasts.values import Encoder
from fedistream.broadcasts.wording import sentence
from media.errors import Unplayable
from media.ingest import Ingest, Sink
from media.rtmp.server import Connection, EndReason, PublishRequest
from media.stream_health import StreamWarning

log = logging.getLogger(__name__)


class EncoderPublication:
    """What the RTMP server calls for one accepted publish; see `media.rtmp.server.Publication`."""

    def __init__(
        self, onair: LiveSession, request: PublishRequest, connection: Connection, now: Callable[[], datetime]
    ) -> None:
        self._onair, self._request, self._connection = onair, request, connection
        self._clock = asyncio.get_running_loop().time
        self._heard_at = self._clock()
        self._connected_at = now()
        self._ingest = Ingest(self._begin, on_warning=self._warn)

    def metadata(self, values: Mapping[str, object]) -> None:
        self._ingest.metadata(values)

    @property
    def address(self) -> str:
        return self._request.address

    def silent_s(self) -> float:
        """For how long it has sent neither picture nor sound."""
        return self._clock() - self._heard_at

    def video(self, timestamp_ms: int, payload: bytes) -> None:
        self._heard_at = self._clock()
        try:
            self._ingest.video(timestamp_ms, payload)
        except Unplayable as error:
            self._refuse(error)
            raise

    def audio(self, timestamp_ms: int, payload: bytes) -> None:
        self._heard_at = self._clock()
        try:
            self._ingest.audio(timestamp_ms, payload)
        except Unplayable as error:
            self._refuse(error)
            raise

    def ended(self, end: EndReason, why: str) -> None:
        log.info("encoder %s left: %s", self._request.address, why)
        self._onair.rivals.leave(self)
        if end is EndReason.FINISHED:
            self._onair.finished(self)
        else:
            self._onair.lost(self)

    def encoder(self) -> Encoder:
        details = self._ingest.details
        return Encoder(
            address=self._request.address,
            connected_at=self._connected_at,
            software=details.software or self._request.flash_ver,
            width=details.width,
            height=details.height,
            framerate=details.framerate,
            video_kbps=details.video_kbps,
            audio_kbps=details.audio_kbps,
            video_codec=details.video_codec,
            audio_codec=details.audio_codec,
        )

    def warnings(self) -> tuple[str, ...]:
        return tuple(map(sentence, self._ingest.warnings))

    def drop(self, why: str) -> None:
        self._connection.close(why)

    def _begin(self) -> tuple[Sink, int]:
        log.info("encoder %s is on the air", self._request.address)
        self._onair.rivals.take(self)
        return self._onair.take(self)

    def _warn(self, warning: StreamWarning) -> None:
        log.warning("encoder %s: %s", self._request.address, sentence(warning))

    def _refuse(self, error: Unplayable) -> None:
        log.warning("encoder %s refused: %s", self._request.address, error)
        self._onair.refuse(str(error))
