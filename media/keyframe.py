"""The newest picture of a broadcast that can be decoded by itself."""

from dataclasses import dataclass

from media.hub import Tracks
from media.track import Kind, Sample, VideoTrack


@dataclass(frozen=True, slots=True)
class Keyframe:
    """`dts_ms` tells two of the same broadcast apart."""

    track: VideoTrack
    dts_ms: int
    data: bytes


class LastKeyframe:
    """A tap of the hub that keeps the newest one, and nothing else."""

    def __init__(self) -> None:
        self._track: VideoTrack | None = None
        self.newest: Keyframe | None = None

    def start(self, tracks: Tracks) -> None:
        self._track = tracks.video

    def put(self, sample: Sample) -> None:
        if sample.key and sample.kind is Kind.VIDEO and self._track is not None:
            self.newest = Keyframe(self._track, sample.dts_ms, sample.data)
