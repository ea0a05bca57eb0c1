"""The media library: bytes in, parts and segments out.

It knows no database, no web framework and nothing of the node. `media.rtmp` receives and sends RTMP, `media.package`
makes low-latency HLS, `media.codec` makes thumbnails; the modules here are formats, and what lies between: `Ingest`
turns a publisher's tags into samples, and the `Hub` hands them on. Start reading at `track.py`, then `ingest.py`;
`examples/media_*.py` join the parts.
"""

from typing import TYPE_CHECKING

from media.facade import offer

if TYPE_CHECKING:
    from media.errors import Unplayable
    from media.hub import AttachedTap, Hub, Reader, Tap, Tracks
    from media.ingest import EncoderDetails, Ingest, IngestCallbacks, Sink
    from media.keyframe import Keyframe, LastKeyframe
    from media.stream_health import StreamWarning, WarningCode
    from media.track import AudioTrack, Kind, Sample, VideoTrack
else:
    __getattr__ = offer(
        __name__,
        errors="Unplayable",
        hub="AttachedTap Hub Reader Tap Tracks",
        ingest="EncoderDetails Ingest IngestCallbacks Sink",
        keyframe="Keyframe LastKeyframe",
        stream_health="StreamWarning WarningCode",
        track="AudioTrack Kind Sample VideoTrack",
    )

__all__ = [
    "AttachedTap",
    "AudioTrack",
    "EncoderDetails",
    "Hub",
    "Ingest",
    "IngestCallbacks",
    "Keyframe",
    "Kind",
    "LastKeyframe",
    "Reader",
    "Sample",
    "Sink",
    "StreamWarning",
    "Tap",
    "Tracks",
    "Unplayable",
    "VideoTrack",
    "WarningCode",
]
