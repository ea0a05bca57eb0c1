"""The newest keyframe of a broadcast: a picture that can be decoded by itself."""

from dataclasses import dataclass

from media.hub import Tracks
from media.track import Kind, Sample, VideoTrack


@dataclass(frozen=True, slots=True)
class Keyframe:
    """One H.264 access unit as MP4 stores it, with its track. `dts_ms` tells two of one broadcast apart."""

    track: VideoTrack
    dts_ms: int
    data: bytes


class LastKeyframe:
    """A tap that keeps the newest keyframe, and nothing else."""

    def __init__(self) -> None:
        self._track: VideoTrack | None = None
        self.newest: Keyframe | None = None

    def start(self, tracks: Tracks) -> None:
        self._track = tracks.video

    def put(self, sample: Sample) -> None:
        if sample.key and sample.kind is Kind.VIDEO and self._track is not None:
            self.newest = Keyframe(self._track, sample.dts_ms, sample.data)

    def close(self) -> None:
        self.newest = None
