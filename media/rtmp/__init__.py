"""RTMP (Adobe's specification 1.0): a sans-I/O core and two asyncio shells.

`handshake`, `chunks`, `amf0`, `messages` and `session` turn bytes into events and back; `server` and `client` own the
sockets. `RtmpServer` takes a `PublishHandler`, which answers each `PublishRequest` with a `Publication`; `connect`
publishes to another server. Start reading at `session.py`.
"""

from typing import TYPE_CHECKING

from media.facade import offer

if TYPE_CHECKING:
    from media.rtmp.client import PublishClient, PublishFailed, connect
    from media.rtmp.connection import Connection, PublishHandler
    from media.rtmp.errors import ProtocolError
    from media.rtmp.limits import Limits
    from media.rtmp.publication import EndReason, Publication, PublishRequest, Refused
    from media.rtmp.server import RtmpServer
    from media.rtmp.session import BAD_NAME, REJECTED, Audio, Metadata, Video
else:
    __getattr__ = offer(
        __name__,
        client="PublishClient PublishFailed connect",
        connection="Connection PublishHandler",
        errors="ProtocolError",
        limits="Limits",
        publication="EndReason Publication PublishRequest Refused",
        server="RtmpServer",
        session="BAD_NAME REJECTED Audio Metadata Video",
    )

__all__ = [
    "BAD_NAME",
    "REJECTED",
    "Audio",
    "Connection",
    "EndReason",
    "Limits",
    "Metadata",
    "ProtocolError",
    "Publication",
    "PublishClient",
    "PublishFailed",
    "PublishHandler",
    "PublishRequest",
    "Refused",
    "RtmpServer",
    "Video",
    "connect",
]
