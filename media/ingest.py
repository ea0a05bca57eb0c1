"""One publisher's FLV tags to samples: waits until it knows its tracks, keeps time, feeds a sink such as the hub.

It is a Publication of the RTMP server (`rtmp/publication.py`) and knows no sockets; what a publisher's beginning and
end mean for the broadcast is decided by the callbacks. What the tags hold is read by `depacketizers.py`.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from media import flv
from media.depacketizers import AccessUnit, AudioDepacketizer, UnusableReason, VideoDepacketizer
from media.errors import Unplayable
from media.hub import Tracks
from media.rtmp.publication import EndReason
from media.stream_health import StreamHealth, StreamWarning
from media.timeline import Timeline
from media.track import Kind, Sample

WAIT_MS = 500  # how long video waits for the audio configuration, and audio for that of the video
ANNOUNCED_MS = 3_000  # audio waits longer for video that the metadata announce
HELD_SAMPLES, HELD_BYTES = 2_000, 32 << 20  # while waiting
UNPLAYABLE_S = 5.0  # frames came all this time, and none of them can be played
KEYLESS_S = 20.0  # the same when only a keyframe is missing: OBS sends one in 10 s unless told otherwise


class Sink(Protocol):
    """The consumer of the samples: a hub, or a single tap. `start` is called before the first sample of each epoch."""

    def start(self, tracks: Tracks) -> None: ...
    def put(self, sample: Sample) -> None: ...


@dataclass(frozen=True, slots=True)
class EncoderDetails:
    """The encoder as onMetaData and the decoder configurations describe it. Unknown values are 0 and ""."""

    software: str = ""
    width: int = 0
    height: int = 0
    framerate: float = 0.0
    video_kbps: int = 0
    audio_kbps: int = 0
    video_codec: str = ""
    audio_codec: str = ""


@dataclass(frozen=True, slots=True)
class IngestCallbacks:
    """Callbacks about one publisher. Each is called at once and synchronously."""

    warning: Callable[[StreamWarning], None] = lambda warning: None  # when it appears
    unplayable: Callable[[str], None] = lambda reason: None  # before Unplayable is raised, with its text
    ended: Callable[[EndReason, str], None] = lambda end, why: None


SILENT = IngestCallbacks()


class Ingest:
    """The Publication of one publisher. `metadata`, `video` and `audio` may raise Unplayable.

    `begin` is called once, before the first sample, and returns the sink and the time in milliseconds where its
    timeline goes on: the caller takes the old publisher off the air there, so that one that sends nothing playable
    disturbs nobody. `now` is in seconds of a monotonic clock.
    """

    def __init__(
        self,
        begin: Callable[[], tuple[Sink, int]],
        callbacks: IngestCallbacks = SILENT,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._health = StreamHealth(callbacks.warning)
        self._begin, self._callbacks, self._now = begin, callbacks, now
        self._received_at = now()  # when the newest tag with something in it came
        self._sink: Sink | None = None
        self._timeline = Timeline(0)
        self._video, self._audio = VideoDepacketizer(), AudioDepacketizer()
        self._depacketizers: Mapping[Kind, VideoDepacketizer | AudioDepacketizer] = {
            Kind.VIDEO: self._video,
            Kind.AUDIO: self._audio,
        }
        self._expects: dict[Kind, bool] = {Kind.VIDEO: True, Kind.AUDIO: True}
        self._video_announced = False  # by the metadata
        self._epoch_tracks: Tracks | None = None
        self._jumped = False  # since the present epoch began
        self._held: list[Sample] = []
        self._held_bytes = self._held_keys = 0
        self._first_ms: int | None = None
        self._since: float | None = None  # when the first frame came
        self._metadata: Mapping[str, object] = {}

    @property
    def started(self) -> bool:
        return self._sink is not None

    @property
    def warnings(self) -> tuple[StreamWarning, ...]:
        return self._health.warnings

    def silent_s(self) -> float:
        """Return for how many seconds the publisher has sent neither picture nor sound."""
        return self._now() - self._received_at

    @property
    def details(self) -> EncoderDetails:
        seen = self._metadata

        def number(name: str) -> float:
            value = seen.get(name)
            return float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else 0.0

        encoder, video = seen.get("encoder"), self._video.track
        return EncoderDetails(
            software=encoder[:200] if isinstance(encoder, str) else "",
            width=video.width if video else 0,
            height=video.height if video else 0,
            framerate=round(number("framerate"), 3),
            video_kbps=round(number("videodatarate")),
            audio_kbps=round(number("audiodatarate")),
            video_codec=flv.AVC if video else "",
            audio_codec=flv.AAC if self._audio.track else "",
        )

    def metadata(self, values: Mapping[str, object]) -> None:
        """Take the values of onMetaData: they name the encoder, and the tracks to wait for."""
        self._metadata = dict(values)
        for kind, name in ((Kind.VIDEO, "videocodecid"), (Kind.AUDIO, "audiocodecid")):
            # OBS and ffmpeg leave the member out, or send 0, when there is no such track
            self._expects[kind] = bool(values.get(name))
        self._video_announced = self._expects[Kind.VIDEO]
        self._health.announced = frozenset(kind for kind, expected in self._expects.items() if expected)
        self._health.frame_rate = self.details.framerate
        if not any(self._expects.values()):  # an encoder that describes nothing: wait as if there were no metadata
            self._expects = {Kind.VIDEO: True, Kind.AUDIO: True}

    def video(self, timestamp_ms: int, payload: bytes) -> None:
        """Take one FLV VIDEODATA; the timestamp is RTMP's, modulo 2**32. Raises Unplayable."""
        self._receive(Kind.VIDEO, timestamp_ms, payload)

    def audio(self, timestamp_ms: int, payload: bytes) -> None:
        """Take one FLV AUDIODATA, as `video` does."""
        self._receive(Kind.AUDIO, timestamp_ms, payload)

    def ended(self, end: EndReason, why: str) -> None:
        """The publish is over."""
        self._callbacks.ended(end, why)

    def _receive(self, kind: Kind, timestamp_ms: int, payload: bytes) -> None:
        if not payload:
            return
        now = self._received_at = self._now()
        depacketizer = self._depacketizers[kind]
        try:
            for unit in depacketizer.receive(payload):
                self._place(kind, timestamp_ms, unit, depacketizer.unit_ms, now)
            self._check(now)
        except Unplayable as error:
            self._callbacks.unplayable(str(error))
            raise

    def _check(self, now: float) -> None:
        if now >= self._health.next_measurement:
            unusable = {kind: each.unusable for kind, each in self._depacketizers.items()}
            self._health.measure(now, self._timeline, unusable)
        if self._sink is None:
            self._check_playable(now)

    def _place(self, kind: Kind, timestamp_ms: int, unit: AccessUnit, unit_ms: float, now: float) -> None:
        if unit.nth:
            timestamp_ms = timestamp_ms + int(unit.nth * unit_ms) & 0xFFFFFFFF
        dts, jumped = self._timeline.place(kind, timestamp_ms, unit_ms)
        if jumped:
            self._jumped = True
            self._health.clock_jumped(now)
        if dts is not None:
            self._health.sample(kind, dts, len(unit.data), unit.key, now)
            self._put(Sample(kind, dts, unit.data, unit.key, unit.cts_ms))

    def _check_playable(self, now: float) -> None:
        """Raise Unplayable for a publisher that has sent nothing to play for too long."""
        if self._since is None:
            self._since = now
        lasted = now - self._since
        if lasted > UNPLAYABLE_S:
            unusable_reason = self._unusable_track()
            if unusable_reason is not None or lasted > KEYLESS_S:
                raise Unplayable(NOTHING_PLAYABLE[unusable_reason])

    def _unusable_track(self) -> tuple[Kind, UnusableReason] | None:
        """Return why nothing can be played; None when all that is missing is a keyframe."""
        for kind, depacketizer in self._depacketizers.items():
            if depacketizer.unusable_reason is not None:
                return kind, depacketizer.unusable_reason
        return None

    def _put(self, sample: Sample) -> None:
        if self._sink is None:
            self._hold(sample)
        elif self._begins_epoch(sample):
            self._begin_epoch(self._sink, sample)
        elif self._is_in_epoch(sample):
            self._sink.put(sample)

    def _begins_epoch(self, sample: Sample) -> bool:
        """Return whether a new epoch begins here: at a keyframe, after a change of tracks or a jump in time.

        Until a keyframe comes the old epoch goes on: the timeline has closed the gap of the jump.
        """
        epoch = self._epoch_tracks
        # a depacketizer keeps its track as long as it is the same: no need to compare what is in it for each sample
        same = epoch is not None and epoch.video is self._video.track and epoch.audio is self._audio.track
        if not same and epoch == self._tracks:
            # parsed again, with the same result: some encoders repeat a record with other parameter sets than those
            # of the keyframes, and the two take turns
            self._epoch_tracks, same = self._tracks, True
        if same and not self._jumped:
            return False
        return sample.key and (sample.kind is Kind.VIDEO or self._video.track is None)

    @property
    def _tracks(self) -> Tracks:
        return Tracks(self._video.track, self._audio.track)

    def _begin_epoch(self, sink: Sink, sample: Sample) -> None:
        self._epoch_tracks, self._jumped = self._tracks, False
        sink.start(self._epoch_tracks)
        sink.put(sample)

    def _is_in_epoch(self, sample: Sample) -> bool:
        """Return whether the epoch has this sample's track: a track that came late waits for the next keyframe."""
        epoch = self._epoch_tracks
        if epoch is None:
            return False
        if sample.kind is Kind.AUDIO:
            return epoch.audio is not None and epoch.audio is self._audio.track
        return epoch.video is not None and epoch.video is self._video.track

    def _hold(self, sample: Sample) -> None:
        """Keep samples until the tracks are known and there is a place to start, then begin."""
        if self._first_ms is None:
            self._first_ms = sample.dts_ms
        self._held.append(sample)
        self._held_bytes += len(sample.data)
        self._held_keys += sample.key and sample.kind is Kind.VIDEO
        full = self._held_bytes > HELD_BYTES or len(self._held) > HELD_SAMPLES
        if not full and self._waits(sample.dts_ms - self._first_ms):
            return
        starts = self._first_start()
        if starts is not None:
            self._start(self._held[starts:])
        elif full:
            self._held.clear()  # no keyframe in sight: nothing here can ever be shown
            self._held_bytes = self._held_keys = 0

    def _waits(self, waited_ms: int) -> bool:
        """Return whether a track that is expected may still come."""
        tracks = self._tracks
        if tracks.audio is None and self._expects[Kind.AUDIO] and waited_ms < WAIT_MS:
            return True
        patience = ANNOUNCED_MS if self._video_announced else WAIT_MS
        return tracks.video is None and self._expects[Kind.VIDEO] and waited_ms < patience

    def _first_start(self) -> int | None:
        """Return the index of the first held sample where a player can begin."""
        if self._video.track is None:
            return 0 if self._held[0].kind is Kind.AUDIO else None
        if not self._held_keys:
            return None
        return next(i for i, held in enumerate(self._held) if held.key and held.kind is Kind.VIDEO)

    def _start(self, samples: list[Sample]) -> None:
        sink, start_ms = self._begin()
        self._sink = sink
        self._epoch_tracks, self._jumped = self._tracks, False
        sink.start(self._epoch_tracks)
        self._held, self._held_bytes = [], 0
        # the timeline began at 0 because nobody knew when this publisher would go on the air
        shift = self._timeline.shift(start_ms - samples[0].dts_ms)
        self._health.shift(shift)
        for sample in samples:
            if self._is_in_epoch(sample):
                sink.put(Sample(sample.kind, sample.dts_ms + shift, sample.data, sample.key, sample.cts_ms))


NOTHING_PLAYABLE: Final[Mapping[tuple[Kind, UnusableReason] | None, str]] = {
    None: f"No keyframe came for {KEYLESS_S:.0f} s: set the encoder's keyframe interval to 2 s.",
    (Kind.VIDEO, UnusableReason.NO_CONFIGURATION): (
        "The picture cannot be decoded: no H.264 configuration (SPS and PPS) came, neither before the frames nor in a "
        "keyframe. Start the encoder again, or let it send them with each keyframe."
    ),
    (Kind.VIDEO, UnusableReason.DAMAGED): "The picture cannot be decoded: its frames are not whole H.264 samples.",
    (Kind.AUDIO, UnusableReason.NO_CONFIGURATION): (
        "The sound cannot be decoded: no AAC configuration came. Start the encoder again, or set it to AAC-LC."
    ),
    (Kind.AUDIO, UnusableReason.DAMAGED): "The sound cannot be decoded: its frames are not whole AAC frames.",
}
