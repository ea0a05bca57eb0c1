"""A rendition whose parts have the times and numbers of the source's, so that players switch at any part.

Its samples are the source's own, or made by an encoder, which is late, slow, or gone for a while. The source never
waits for it. Where pictures are missing, its last keyframe is repeated while the sound goes on; after GONE_MS of that
it is not playable until the encoder is back.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from media import black_frame, fmp4, m3u8, silence
from media.hub import Tracks
from media.package.gapless_audio import GaplessAudio
from media.package.origin import Origin, Reports, no_reports
from media.package.packager import Packager, Placed
from media.package.segment_window import Part
from media.track import AudioTrack, Kind, Sample, VideoTrack

LATE_MS = 1_000  # how far behind the source pictures may come
FIRST_MS = 5_000  # the same before the first part, for which nobody waits
GONE_MS = 10_000  # of repeated keyframes
MAX_WAITING = 4_096  # samples that belong to no part yet
SCALE = fmp4.VIDEO_TIMESCALE // 1000


class Supply(Enum):
    """The origin of a track of the rendition."""

    SOURCE = "the source"
    ENCODER = "an encoder"
    NONE = "there is no such track"


@dataclass(frozen=True, slots=True)
class FollowerRules:
    """The sources of a rendition's tracks. `bandwidth` is what was planned, in bits per second; `framerate` is the
    most, 0 for the source's."""

    video: Supply = Supply.ENCODER
    audio: Supply = Supply.SOURCE
    bandwidth: int = 0
    framerate: float = 0.0


class FollowingRendition(Origin):
    """Follows `source` by `place` and `pause`. An encoder feeds it by `start` and `put`, as a tap, with samples whose
    times are those of the source; `up` and `down` say whether there is one."""

    def __init__(
        self, token: str, source: Packager, rules: FollowerRules, *, reports: Callable[[], Reports] = no_reports
    ) -> None:
        super().__init__(token, source.config, first=source.window.next_number, reports=reports)
        self.rules, self._source = rules, source
        self._pending: deque[Placed] = deque()
        self._edge_ms = 0  # the end of the newest pending part
        self._up = False
        self._encoded = Tracks(None, None)
        self._frames: deque[tuple[VideoTrack, Sample]] = deque()
        self._skipping = True  # until a keyframe
        self._key: tuple[VideoTrack, bytes] | None = None  # the newest
        self._removed = False
        self._frozen_ms = 0
        self._gapless: GaplessAudio | None = None
        self._heard: deque[fmp4.AudioSample] = deque()
        self._sequence = 0

    @property
    def part_ms(self) -> int:
        """PART-TARGET in milliseconds: the source's."""
        return self._source.part_ms

    @property
    def frame_rate(self) -> float | None:
        """Pictures a second; None while it is unknown, and for sound alone."""
        rate = self._source.frame_rate
        if self.rules.video is Supply.NONE or rate is None:
            return None
        return min(rate, self.rules.framerate) if self.rules.framerate else rate

    def variant(self, uri: str) -> m3u8.Variant:
        """Return what the multivariant playlist says: at least the planned bandwidth, for the first seconds of a stream
        tell little."""
        measured = super().variant(uri)
        return m3u8.Variant(
            uri=uri,
            bandwidth=max(measured.bandwidth, self.rules.bandwidth),
            average_bandwidth=measured.average_bandwidth,
            codecs=measured.codecs,
            resolution=measured.resolution,
            frame_rate=measured.frame_rate,
        )

    def remove(self) -> None:
        """Answer all requests with NotFound from now on."""
        self._removed = True
        self._pending.clear()
        self._frames.clear()
        self._heard.clear()
        self.window.clear(0)
        super().remove()

    # the source

    def place(self, placed: Placed) -> None:
        self._pending.append(placed)
        self._edge_ms = placed.cut.end_ms
        self._advance()

    def pause(self) -> None:
        """List what there is, and wait for nothing."""
        while self._pending:
            self._emit(self._pending.popleft())
        super().pause()

    # the encoder

    def up(self) -> None:
        """An encoder is there: its samples are waited for."""
        self._up = True

    def down(self) -> None:
        """There is no encoder: nothing is waited for."""
        self._up = False
        self._frames.clear()
        self._skipping = True
        self._advance()

    def start(self, tracks: Tracks) -> None:
        self._encoded = tracks

    def put(self, sample: Sample) -> None:
        if self._removed:
            return
        if sample.kind is Kind.AUDIO:
            self._hear(sample)
        elif self._encoded.video is not None and len(self._frames) < MAX_WAITING:
            self._frames.append((self._encoded.video, sample))
        self._advance()

    def _hear(self, sample: Sample) -> None:
        track = self._encoded.audio
        if track is None or self.rules.audio is not Supply.ENCODER or len(self._heard) > MAX_WAITING:
            return
        if self._gapless is None or self._gapless.track != track:
            self._gapless = GaplessAudio(track, sample.dts_ms, silent=False)
            self._heard.clear()
        self._heard += self._gapless.place(sample.dts_ms, sample.data)

    # parts

    def _advance(self) -> None:
        before = self.window.position
        while self._pending and (self._is_complete(self._pending[0]) or self._is_late(self._pending[0])):
            self._emit(self._pending.popleft())
        if self.window.position != before:
            self._publish()

    def _is_complete(self, placed: Placed) -> bool:
        end = placed.cut.end_ms
        if self.rules.video is Supply.ENCODER and placed.sent.video is not None:
            return bool(self._frames) and self._frames[-1][1].dts_ms >= end
        if self.rules.audio is Supply.ENCODER and placed.sent.audio is not None:
            return self._gapless is not None and self._gapless.end_ms >= end
        return True

    def _is_late(self, placed: Placed) -> bool:
        if not self._up and (self.playable or self._frozen_ms > GONE_MS):
            return True
        return self._edge_ms - placed.cut.end_ms > (LATE_MS if self.playable else FIRST_MS)

    def _emit(self, placed: Placed) -> None:
        if self._removed or self.ended:
            return
        before, complete = self._key, self._is_complete(placed)
        track, video = self._pictures(placed, complete)
        sound, audio = self._sound(placed)
        if (self.rules.video is not Supply.NONE and track is None) or (
            self.rules.audio is not Supply.NONE and not sound
        ):
            if not complete and not self.playable and not self._absent:  # nobody waits for it any longer
                self._absent = True
                self._publish()
            return  # there was none yet
        opens = placed.cut.opens
        if not self.playable:
            if not opens or (video and not video[0].key):
                return
            self.window.clear(self._source.window.discontinuities_before(placed.segment.number))
        tracks = Tracks(track, sound)
        if tracks != self.tracks:
            if not opens and self.tracks is not None:
                # an init segment serves whole segments: until the next one, the old track's keyframe is shown
                self._skipping, self._key = True, before
                video = [_still(placed, before[1])] if before is not None and before[0] == self.tracks.video else []
                audio = audio if sound == self.tracks.audio else []
            else:
                self._begin_epoch(tracks)
        if not video and not audio:
            return
        self._absent = False
        self._sequence += 1
        independent = video[0].key if video else self.rules.video is Supply.NONE
        part = Part(placed.cut.duration_ms, independent, fmp4.part(self._sequence, video, audio))
        self.window.follow(placed.segment, part, self._epoch)
        if placed.cut.closes:
            self.window.finish()

    def _pictures(self, placed: Placed, complete: bool) -> tuple[VideoTrack | None, list[fmp4.VideoSample]]:
        """Return the pictures that begin within a part of the source, and their track."""
        if self.rules.video is Supply.NONE:
            return None, []
        if self.rules.video is Supply.SOURCE:
            return placed.tracks.video, list(placed.cut.video)
        start, end = placed.cut.start_ms, placed.cut.end_ms
        track, mine = self._taken(start, end)
        if mine and track is not None:
            following = self._frames[0][1].dts_ms if self._frames else end
            ends = [*(each.dts_ms for each in mine[1:]), following]
            self._frozen_ms = 0
            self._skipping = not complete
            return track, [
                fmp4.VideoSample(
                    each.dts_ms * SCALE, max(1, after - each.dts_ms) * SCALE, each.cts_ms * SCALE, each.key, each.data
                )
                for each, after in zip(mine, ends, strict=True)
            ]
        if complete and not self._skipping and self._key is not None:
            return self._key[0], []  # fewer pictures than parts
        return self._frozen(placed)

    def _taken(self, start: int, end: int) -> tuple[VideoTrack | None, list[Sample]]:
        """Take the pictures between two times, from a keyframe on if some were left out before."""
        taken: list[Sample] = []
        track = None
        while self._frames and self._frames[0][1].dts_ms < end:
            its_track, sample = self._frames.popleft()
            if track is not None and its_track != track:
                self._frames.appendleft((its_track, sample))
                break
            if self._skipping and not (sample.key and sample.dts_ms >= start):
                continue
            self._skipping, track = False, its_track
            taken.append(sample)
            if sample.key:
                self._key = (its_track, sample.data)
        return track, taken

    def _frozen(self, placed: Placed) -> tuple[VideoTrack | None, list[fmp4.VideoSample]]:
        """Return the last keyframe in place of the pictures that are missing."""
        self._skipping = True
        if placed.sent.video is not None and self._key is not None:
            self._frozen_ms += placed.cut.duration_ms
            if self._frozen_ms > GONE_MS:
                self._leave()
        if self._key is None:
            if placed.sent.video is None:
                self._key = (black_frame.TRACK, black_frame.KEYFRAME)
            else:
                return None, []
        track, data = self._key
        return track, [_still(placed, data)]

    def _leave(self) -> None:
        """Have nothing to play until the encoder is back."""
        self.window.clear(0)
        self.tracks = self._key = None
        self._absent = True
        self._publish()

    def _sound(self, placed: Placed) -> tuple[AudioTrack | None, list[fmp4.AudioSample]]:
        """Return the sound of a part of the source, and its track."""
        if self.rules.audio is Supply.SOURCE:
            return placed.tracks.audio, list(placed.cut.audio)
        if self.rules.audio is Supply.NONE:
            return None, []
        if self._gapless is None:
            if placed.sent.audio is not None:
                return None, []
            self._gapless = GaplessAudio(silence.TRACK, placed.cut.start_ms, silent=True)
        end = placed.cut.end_ms
        self._heard += self._gapless.fill(end)
        out: list[fmp4.AudioSample] = []
        while self._heard and self._gapless.ms(self._heard[0].dts) < end:
            sample = self._heard.popleft()
            if self._gapless.ms(sample.dts + sample.duration) > placed.cut.start_ms - LATE_MS:
                out.append(sample)
        return self._gapless.track, out


def _still(placed: Placed, data: bytes) -> fmp4.VideoSample:
    """Return a keyframe that is shown for a whole part."""
    return fmp4.VideoSample(placed.cut.start_ms * SCALE, placed.cut.duration_ms * SCALE, 0, True, data)
