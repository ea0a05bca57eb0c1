"""A rendition as players ask for it: playlists and media from a window of segments, with Low-Latency HLS (RFC 8216bis).

It holds the requests that wait for what is not there yet; what is in the window is decided by `packager.py` and
`follower.py`. It knows no HTTP: `NotFound`, `TooFarAhead` and `Stalled` are meant to become 404, 400 and 503.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from media import fmp4, m3u8
from media.hub import Tracks
from media.package.cutter import CutRules
from media.package.playlist import CachedPlaylist, FileNames, PlaylistRenderer
from media.package.segment_window import Segment, SegmentWindow

_NAME = re.compile(
    r"(?P<token>[a-z0-9]+)-(?:i(?P<epoch>\d{1,9})\.mp4|(?P<number>\d{1,12})(?:\.(?P<part>\d{1,6}))?\.m4s)"
)


class NotFound(Exception):
    """There is no such segment, part or init segment: it was never made, or is gone from the window."""


class TooFarAhead(Exception):
    """The player asks for a playlist that is more than two segments away (RFC 8216bis, 6.2.5.2)."""


class Stalled(Exception):
    """A request waited for three target durations without anything new; the player should ask again."""


@dataclass(frozen=True, slots=True)
class PackagerConfig:
    """Settings of a packager: how a rendition is cut, and how much of it is kept.

    `listed` segments are in the playlist, `spare` more are kept for players with an older playlist, and all of them
    have at most `max_bytes`. `quick_start` makes the broadcast's first segment of one part, so that every player can
    begin with it at once. `stall_s` is how long a request waits for something new; None means three target durations
    (RFC 8216bis, 6.2.5.2).
    """

    rules: CutRules = field(default_factory=CutRules)
    listed: int = 15
    spare: int = 4
    max_bytes: int = 50 << 20
    stall_s: float | None = None
    quick_start: bool = True


Reports = tuple[m3u8.RenditionReport, ...]


def no_reports() -> Reports:
    """There is no other rendition."""
    return ()


class Origin:
    """Players await playlists and media here.

    `token` tells this rendition's file names apart from those of any other, so that no cache mixes them. `first` is the
    first media sequence number. `reports` gives the EXT-X-RENDITION-REPORTs of the other renditions (RFC 8216bis,
    4.4.5.4). `tracks` is what players are given.
    """

    def __init__(self, token: str, config: PackagerConfig, *, first: int, reports: Callable[[], Reports] = no_reports):
        self.config, self.names = config, FileNames(token)
        self.window = SegmentWindow(first, listed=config.listed, spare=config.spare, max_bytes=config.max_bytes)
        self.tracks: Tracks | None = None
        self.ended = False
        self._closed = self._absent = False  # `_absent`: nothing is offered, now or for ever
        self._reports = reports
        self._epoch = 0
        self._inits: dict[int, bytes] = {}
        self._renderer = PlaylistRenderer(self.names, config.rules)
        self._published = asyncio.Event()

    @property
    def part_ms(self) -> int:
        """PART-TARGET in milliseconds."""
        return self.config.rules.part_limit(None)

    @property
    def frame_rate(self) -> float | None:
        """Pictures a second; None while it is unknown."""
        return None

    @property
    def playable(self) -> bool:
        return bool(self.window.segments)

    def renumber(self, first: int) -> None:
        """Begin with that media sequence number instead; nothing must have been cut yet."""
        assert not self.window.segments
        self.window = SegmentWindow(
            first, listed=self.config.listed, spare=self.config.spare, max_bytes=self.config.max_bytes
        )

    def pause(self) -> None:
        """List what there is: the encoder is gone, perhaps for a while. Requests go on waiting."""
        self.window.finish()
        self._publish()

    def end(self) -> None:
        """End the playlist (EXT-X-ENDLIST), and answer all requests that wait: the broadcast is over."""
        self.pause()
        self.window.finish()
        self.ended = True
        self._publish()

    def close(self) -> None:
        """Answer all requests that wait, now or later, with Stalled: the process is about to stop."""
        self._closed = True
        self._publish()

    def remove(self) -> None:
        """Answer all requests, those that wait and later ones, with NotFound: the rendition is not offered any more."""
        self._absent = True
        self._publish()

    async def playlist(
        self, number: int | None = None, part: int | None = None, *, skip: bool = False
    ) -> CachedPlaylist:
        """Return the media playlist, once it holds segment `number` (or its part `part`).

        `skip` asks for a delta update. A player that comes before the first part is there waits for it. Raises
        TooFarAhead, Stalled, and NotFound for a broadcast that ended before there was anything to play.
        """
        if number is not None:
            self._check(number, part)
            while self.window.position < (wanted := self._wanted(number, part)) and not self.ended:
                await self._reach(wanted)
        await self.ready()
        return self._renderer.media(self.window, self.part_ms, self._reports(), skip=skip, ended=self.ended)

    def report(self, uri: str) -> m3u8.RenditionReport:
        """Return how far the media playlist at `uri` has come, for players of another rendition. It is playable."""
        last = self.window.segments[-1]
        return m3u8.RenditionReport(uri, last.number, len(last.parts) - 1)

    async def media(self, name: str) -> bytes:
        """Return an init segment, a segment or a part by its file name; a part that is due is waited for.

        Raises NotFound, Stalled.
        """
        match = _NAME.fullmatch(name)
        if match is None or match["token"] != self.names.token:
            raise NotFound
        if match["epoch"] is not None:
            try:
                return self._inits[int(match["epoch"])]
            except KeyError:
                raise NotFound from None
        number = int(match["number"])
        if match["part"] is None:
            segment = self._find(number)
            if not segment.done:
                raise NotFound
            return segment.data
        return await self._part(number, int(match["part"]))

    async def _part(self, number: int, part: int) -> bytes:
        if (number, part) == self.window.position and not self.ended:  # the hinted one (RFC 8216bis, 6.2.6)
            await self._reach((number, part + 1))
        parts = self._find(number).parts
        if part >= len(parts):
            raise NotFound  # the segment ended before the hinted part came
        return parts[part].data

    def _find(self, number: int) -> Segment:
        segment = self.window.find(number)
        if segment is None:
            raise NotFound
        return segment

    def _wanted(self, number: int, part: int | None) -> tuple[int, int]:
        """Return the window's position from which on the playlist has what was asked for."""
        if part is None:
            return number + 1, 0
        segment = self.window.find(number)
        if segment is not None and segment.done and part >= len(segment.parts):
            # RFC 8216bis, 6.2.5.2: past the last part of a segment is the first of the one that follows
            return number + 1, 1
        return number, part + 1

    def _check(self, number: int, part: int | None) -> None:
        at, parts = self.window.position
        ahead = max(3, -(-3000 // self.part_ms))  # "Advance Part Limit", RFC 8216bis, 6.2.5.2
        if number > at + 1 or (number == at and part is not None and part > parts + ahead):
            raise TooFarAhead

    async def ready(self) -> None:
        """Wait for the first part: a third of a second after the first frame. Raises NotFound, Stalled."""
        first, _ = self.window.position
        if self._absent:
            raise NotFound
        if not self.playable:
            await self._reach((first, 1))
        if not self.playable:
            raise NotFound

    async def _reach(self, position: tuple[int, int]) -> None:
        """Wait until the window's position is at or past `position`. Raises Stalled."""
        try:
            stall_s = self.config.stall_s
            async with asyncio.timeout(3 * self.config.rules.target_s if stall_s is None else stall_s):
                while self.window.position < position and not self.ended:
                    if self._closed:
                        raise Stalled
                    if self._absent:
                        raise NotFound
                    await self._published.wait()
        except TimeoutError:
            raise Stalled from None

    def _publish(self) -> None:
        oldest = self.window.segments[0].epoch if self.window.segments else self._epoch
        for epoch in [epoch for epoch in self._inits if epoch < oldest]:
            del self._inits[epoch]
        self._published.set()  # replaced instead of cleared: a request that waits again waits for the next part
        self._published = asyncio.Event()

    def _begin_epoch(self, tracks: Tracks) -> None:
        """Offer an init segment for what follows."""
        self._epoch += 1
        self.tracks = tracks
        self._inits[self._epoch] = fmp4.init_segment(tracks.video, tracks.audio)

    def variant(self, uri: str) -> m3u8.Variant:
        """Return what the multivariant playlist says of this rendition, once it is playable; `uri` leads to its media
        playlist. The bandwidths are measured on what is in the window.
        """
        assert self.tracks is not None, "ready comes first"
        video, audio = self.tracks.video, self.tracks.audio
        return m3u8.Variant(
            uri=uri,
            bandwidth=self.window.peak_bandwidth,
            average_bandwidth=self.window.mean_bandwidth,
            codecs=",".join(track.codec for track in (video, audio) if track),
            resolution=(video.width, video.height) if video else None,
            frame_rate=self.frame_rate,
        )
