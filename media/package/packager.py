"""The packager of the source: takes samples, cuts them into parts, and tells its followers how it cut."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from media import black_frame, silence
from media.hub import Tracks
from media.package.cutter import CutPart, Cutter, EpochOptions
from media.package.origin import Origin, PackagerConfig, Reports, no_reports
from media.package.segment_window import Segment, WallClock
from media.track import Kind, Sample

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Placed:
    """A part of the source with its segment. `sent` are the tracks that the encoder sends, `tracks` what players get
    in their place."""

    cut: CutPart
    segment: Segment
    sent: Tracks
    tracks: Tracks


class Follower(Protocol):
    """A rendition that is cut as the source is."""

    def place(self, placed: Placed) -> None:
        """The source has one more part."""

    def pause(self) -> None:
        """The source's epoch is over."""

    def remove(self) -> None:
        """It raised an error, and is told nothing more."""


class Packager(Origin):
    """A tap of the hub on one side; on the other side, players await playlists and media (see `origin.py`).

    `wall_ms` gives the time of day in milliseconds since 1970.

    What players are given always has a picture and sound, whatever the encoder sends: none can add a track while it
    plays, and all stop where one ends (decision 21).
    """

    def __init__(
        self,
        token: str,
        config: PackagerConfig,
        *,
        first: int,
        wall_ms: Callable[[], int],
        reports: Callable[[], Reports] = no_reports,
    ) -> None:
        super().__init__(token, config, first=first, reports=reports)
        self.followers: list[Follower] = []
        self._wall_ms = wall_ms
        self._cutter: Cutter | None = None
        self._wall: WallClock | None = None
        self._sent = Tracks(None, None)
        self._begins_epoch = False  # the next part is the first of its epoch
        self._key = black_frame.KEYFRAME  # the newest one

    @property
    def gop_ms(self) -> int | None:
        """The distance of the encoder's last two keyframes in milliseconds; None while it is unknown."""
        return self._cutter.gop_ms if self._cutter else None

    @property
    def part_ms(self) -> int:
        """PART-TARGET in milliseconds."""
        limit = self._cutter.part_limit if self._cutter else None
        return limit or self.config.rules.part_limit(None)

    @property
    def frame_rate(self) -> float | None:
        """Pictures a second; None while it is unknown."""
        return self._cutter.frame_rate if self._cutter else None

    def start(self, tracks: Tracks) -> None:
        limit = self._cutter.part_limit if self._cutter else None
        sequence = self._cutter.sequence if self._cutter else 0
        self.pause()
        before = self.tracks or Tracks(black_frame.TRACK, silence.TRACK)
        self._sent, shown = tracks, Tracks(tracks.video or before.video, tracks.audio or before.audio)
        self._begin_epoch(shown)
        options = EpochOptions(
            quick_start=self.config.quick_start and self._epoch == 1,
            silent=tracks.audio is None,
            freeze_frame=self._key if tracks.video is None else None,
        )
        self._cutter = Cutter(self.config.rules, shown, sequence, limit, options=options)
        self._wall, self._begins_epoch = None, True

    def put(self, sample: Sample) -> None:
        assert self._cutter is not None, "start comes first"
        now = self._wall_ms()
        if self._wall is None:
            self._wall = WallClock(sample.dts_ms, now)
        self._wall.arrived(sample.dts_ms, now)
        if sample.key and sample.kind is Kind.VIDEO:
            self._key = sample.data
        cuts = self._cutter.put(sample)
        if cuts:
            self._add(cuts, self._wall)
            self._publish()

    def pause(self) -> None:
        """List what the encoder sent so far: it is gone, perhaps for a while. Requests go on waiting."""
        if self._cutter is not None and self._wall is not None:
            self._add(self._cutter.end(), self._wall)
            self._wall = None
            self.window.finish()
            self._tell(lambda follower: follower.pause())
            self._publish()

    def _add(self, cuts: list[CutPart], wall: WallClock) -> None:
        assert self.tracks is not None
        for cut in cuts:
            segment = self.window.add(cut, self._epoch, wall, discontinuity=self._begins_epoch)
            self._begins_epoch = False
            placed = Placed(cut, segment, self._sent, self.tracks)
            self._tell(lambda follower, placed=placed: follower.place(placed))  # type: ignore[misc]

    def _tell(self, call: Callable[[Follower], None]) -> None:
        """Call each follower. One that raises is removed: its errors are not the encoder's, whose connection would
        break."""
        for follower in tuple(self.followers):
            try:
                call(follower)
            except Exception:
                log.exception("a rendition failed and was removed: %r", follower)
                self.followers = [each for each in self.followers if each is not follower]
                follower.remove()
