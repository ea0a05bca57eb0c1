"""The interface between the RTMP server and the user of the library for one publish. Pure: values and a protocol."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from media.rtmp import amf0


class EndReason(Enum):
    FINISHED = "finished"  # FCUnpublish, deleteStream, closeStream
    LOST = "lost"  # the socket is gone, the peer was silent or broke the protocol
    CLOSED = "closed"  # by us, or because Unplayable was raised


class Refused(Exception):
    """Raised by a PublishHandler. With the code BAD_NAME it counts as a wrong key."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True)
class PublishRequest:
    app: str
    name: str  # the stream key, without parameters; never to be logged
    params: Mapping[str, str]
    address: str  # IP of the peer
    flash_ver: str  # what the encoder calls itself
    tc_url: str
    secure: bool


class Publication(Protocol):
    """One accepted publish, as the RTMP server sees it: `media.ingest.Ingest` is one.

    Every call is synchronous and has to be quick. Timestamps are RTMP's: milliseconds modulo 2**32, from any origin.
    `metadata`, `video` and `audio` may raise media.errors.Unplayable, which ends the publish with that reason.
    """

    def metadata(self, values: Mapping[str, amf0.Value]) -> None:
        """Take the values of an onMetaData message."""

    def video(self, timestamp_ms: int, payload: bytes) -> None:
        """Take one FLV VIDEODATA (Adobe FLV 10.1, E.4.3), never empty."""

    def audio(self, timestamp_ms: int, payload: bytes) -> None:
        """Take one FLV AUDIODATA (Adobe FLV 10.1, E.4.2), never empty."""

    def ended(self, end: EndReason, why: str) -> None:
        """The publish is over. Called exactly once, and nothing follows it."""
