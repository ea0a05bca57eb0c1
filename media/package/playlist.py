"""The media playlists of a rendition, each written once for all requests: a part comes three times a second, a request
thousands of times. The form of a playlist is in `m3u8.py`, its content in `segment_window.py`.
"""

import gzip
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from media import m3u8
from media.package.cutter import CutRules
from media.package.segment_window import Segment, SegmentWindow

HOLD_BACK_PARTS = 3  # RFC 8216bis, 4.4.3.8: at least 2, "SHOULD" 3
PARTS_TARGETS = 3  # parts are listed for this many target durations from the end (6.2.2)
SKIP_TARGETS = 6  # CAN-SKIP-UNTIL is at least this many target durations (4.4.3.8)


class CachedPlaylist:
    """The bytes of one playlist, plain and compressed. Treat as read-only."""

    def __init__(self, text: str) -> None:
        self.plain = text.encode()

    @cached_property
    def gzipped(self) -> bytes:
        return gzip.compress(self.plain, 1, mtime=0)


@dataclass(frozen=True, slots=True)
class FileNames:
    """The names of media files. None is used for two different contents, so that caches may keep them."""

    token: str

    def init(self, epoch: int) -> str:
        return f"{self.token}-i{epoch}.mp4"

    def segment(self, number: int) -> str:
        return f"{self.token}-{number}.m4s"

    def part(self, number: int, index: int) -> str:
        return f"{self.token}-{number}.{index}.m4s"


class PlaylistRenderer:
    """Writes media playlists, and keeps each until the window moves."""

    def __init__(self, names: FileNames, rules: CutRules) -> None:
        self._names, self._rules = names, rules
        self._texts: dict[tuple[int, bool, bool], str] = {}  # (number, with parts, with map)
        self._kept: dict[bool, CachedPlaylist] = {}  # by `skip`
        self._state: tuple[object, ...] = ()

    def media(
        self,
        window: SegmentWindow,
        part_ms: int,
        reports: tuple[m3u8.RenditionReport, ...] = (),
        *,
        skip: bool,
        ended: bool,
    ) -> CachedPlaylist:
        """Return the media playlist of what is in `window`; with `skip` a delta update (RFC 8216bis, 6.2.5.1), where
        that is shorter. `part_ms` is PART-TARGET."""
        self._forget((window.position, window.bytes, ended, reports))
        kept = self._kept.get(skip)
        if kept is None:
            text = self._media(window, part_ms, reports, skip, ended)
            kept = self._kept[skip] = CachedPlaylist(text)
        return kept

    def _forget(self, state: tuple[object, ...]) -> None:
        if state != self._state:
            self._state = state
            self._kept.clear()

    def _media(
        self,
        window: SegmentWindow,
        part_ms: int,
        reports: tuple[m3u8.RenditionReport, ...],
        skip: bool,
        ended: bool,
    ) -> str:
        listed = window.listed
        done = [segment for segment in listed if segment.done]
        skipped = self._skippable(listed) if skip else 0
        position, parts = window.position
        head = m3u8.MediaPlaylist(
            target_duration=self._rules.target_s,
            media_sequence=listed[0].number,
            discontinuity_sequence=window.discontinuity_sequence,
            independent_segments=window.independent,
            part_target_s=part_ms / 1000,
            server_control=m3u8.ServerControl(
                can_block_reload=True,
                part_hold_back_s=HOLD_BACK_PARTS * part_ms / 1000,
                can_skip_until_s=SKIP_TARGETS * self._rules.target_s,
            ),
            skipped=skipped,
            open=self._open(window.open),
            preload_hint=None if ended else self._names.part(position, parts),
            rendition_reports=reports,
            ended=ended,
        )
        texts, epoch = [], (done[skipped - 1].epoch if skipped else None)
        recent = self._recent(listed)
        for segment in done[skipped:]:
            texts.append(self._text(segment, segment.number >= recent, segment.epoch != epoch))
            epoch = segment.epoch
        oldest = listed[0].number
        self._texts = {key: text for key, text in self._texts.items() if key[0] >= oldest}
        return head.around(texts, None if epoch is None else self._names.init(epoch))

    def _text(self, segment: Segment, with_parts: bool, with_map: bool) -> str:
        key = (segment.number, with_parts, with_map)
        text = self._texts.get(key)
        if text is None:
            value = m3u8.Segment(
                uri=self._names.segment(segment.number),
                duration_s=segment.duration_ms / 1000,
                parts=self._parts(segment),
                map_uri=self._names.init(segment.epoch),
                discontinuity=segment.discontinuity,
                program_date_time=_moment(segment.wall_ms),
            )
            text = self._texts[key] = m3u8.segment_text(value, with_parts=with_parts, with_map=with_map)
        return text

    def _open(self, segment: Segment | None) -> m3u8.OpenSegment | None:
        if segment is None:
            return None
        return m3u8.OpenSegment(
            parts=self._parts(segment),
            map_uri=self._names.init(segment.epoch),
            discontinuity=segment.discontinuity,
            program_date_time=_moment(segment.wall_ms),
        )

    def _parts(self, segment: Segment) -> tuple[m3u8.Part, ...]:
        return tuple(
            m3u8.Part(self._names.part(segment.number, index), part.duration_ms / 1000, part.independent)
            for index, part in enumerate(segment.parts)
        )

    def _recent(self, listed: list[Segment]) -> int:
        """Return the number of the first segment whose parts are listed."""
        return _reaching_back(listed, PARTS_TARGETS * self._rules.target_s * 1000)

    def _skippable(self, listed: list[Segment]) -> int:
        """Return how many of the oldest segments lie wholly before the skip boundary."""
        return max(0, _reaching_back(listed, SKIP_TARGETS * self._rules.target_s * 1000) - listed[0].number)


def _reaching_back(listed: list[Segment], length_ms: int) -> int:
    """Return the number of the oldest segment that begins less than `length_ms` before the end."""
    for segment in reversed(listed):
        if length_ms <= 0:
            return segment.number + 1
        length_ms -= segment.duration_ms
    return listed[0].number


def _moment(wall_ms: int) -> datetime:
    return datetime.fromtimestamp(wall_ms / 1000, UTC)
