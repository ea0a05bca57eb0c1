"""One publisher's tags to samples: reads FLV payloads, waits until it knows its tracks, keeps time, feeds the hub.

It knows no sockets: `rtmp/server.py` calls it, and the caller decides what a publisher's end means for the broadcast.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from media import aac, avc, flv
from media.hub import Tracks
from media.rtmp.server import Unplayable
from media.timeline import Timeline
from media.track import AudioTrack, Kind, Sample, VideoTrack

WAIT_MS = 500  # how long pictures wait for the sound's configuration, and sound for the picture's
HELD_SAMPLES, HELD_BYTES = 2_000, 32 << 20  # while waiting
KEYFRAME_WARN_MS = 4_000  # past this, people who join see nothing for too long
NO_KEYFRAME_MS = 10_000


class Sink(Protocol):
    def start(self, tracks: Tracks) -> None: ...
    def put(self, sample: Sample) -> None: ...


@dataclass(frozen=True, slots=True)
class Details:
    """What the encoder says of itself (onMetaData), and what its configuration says. Unknown is 0 or empty."""

    software: str = ""
    width: int = 0
    height: int = 0
    framerate: float = 0.0
    video_kbps: int = 0
    audio_kbps: int = 0
    video_codec: str = ""
    audio_codec: str = ""


class Ingest:
    """Feed it `metadata`, `video` and `audio` with the payloads of one publisher. Each may raise Unplayable.

    `begin` is called once, before the first sample, and returns the sink and the time where its timeline goes on: the
    caller takes the old publisher off the air there, so that one who sends nothing playable disturbs nobody.
    """

    def __init__(self, begin: Callable[[], tuple[Sink, int]]) -> None:
        self.warnings: dict[str, str] = {}
        self._begin = begin
        self._sink: Sink | None = None
        self._timeline = Timeline(0)
        self._video: VideoTrack | None = None
        self._audio: AudioTrack | None = None
        self._expects: dict[Kind, bool] = {Kind.VIDEO: True, Kind.AUDIO: True}
        self._running: Tracks | None = None
        self._held: list[Sample] = []
        self._held_bytes = 0
        self._first_ms: int | None = None
        self._key_ms: int | None = None
        self._metadata: Mapping[str, object] = {}

    @property
    def started(self) -> bool:
        return self._sink is not None

    @property
    def details(self) -> Details:
        seen = self._metadata

        def number(name: str) -> float:
            value = seen.get(name)
            return float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else 0.0

        encoder = seen.get("encoder")
        return Details(
            software=encoder[:200] if isinstance(encoder, str) else "",
            width=self._video.width if self._video else 0,
            height=self._video.height if self._video else 0,
            framerate=round(number("framerate"), 3),
            video_kbps=round(number("videodatarate")),
            audio_kbps=round(number("audiodatarate")),
            video_codec=flv.AVC if self._video else "",
            audio_codec=flv.AAC if self._audio else "",
        )

    def metadata(self, values: Mapping[str, object]) -> None:
        """Take onMetaData: it names the encoder, and says which tracks to wait for."""
        self._metadata = dict(values)
        for kind, name in ((Kind.VIDEO, "videocodecid"), (Kind.AUDIO, "audiocodecid")):
            # OBS and ffmpeg leave the member out, or send 0, when there is no such track
            self._expects[kind] = bool(values.get(name))
        if not any(self._expects.values()):  # an encoder that describes nothing: wait as if there were no metadata
            self._expects = {Kind.VIDEO: True, Kind.AUDIO: True}

    def video(self, timestamp: int, payload: bytes) -> None:
        if not payload:
            return
        try:
            tag = flv.parse_video(payload)
        except flv.BadTag as error:
            raise Unplayable(f"The video data is damaged: {error}.") from error
        if tag.packet in (flv.Packet.CONFIG, flv.Packet.FRAMES) and tag.codec != flv.AVC:
            raise Unplayable(f"Video codec {tag.codec} cannot be shown in browsers: set the encoder to H.264.")
        if tag.packet is flv.Packet.CONFIG:
            self._configure_video(tag.data)
        elif tag.packet is flv.Packet.FRAMES and tag.data and self._video is not None:
            dts, jumped = self._timeline.place(Kind.VIDEO, timestamp)
            self._frame(Sample(Kind.VIDEO, dts, tag.data, tag.key, tag.cts_ms), jumped)

    def audio(self, timestamp: int, payload: bytes) -> None:
        if not payload:
            return
        try:
            tag = flv.parse_audio(payload)
        except flv.BadTag as error:
            raise Unplayable(f"The audio data is damaged: {error}.") from error
        if tag.packet in (flv.Packet.CONFIG, flv.Packet.FRAMES) and tag.codec != flv.AAC:
            raise Unplayable(f"Audio codec {tag.codec} cannot be played in browsers: set the encoder to AAC.")
        if tag.packet is flv.Packet.CONFIG:
            self._configure_audio(tag.data)
        elif tag.packet is flv.Packet.FRAMES and tag.data and self._audio is not None:
            dts, jumped = self._timeline.place(Kind.AUDIO, timestamp)
            self._frame(Sample(Kind.AUDIO, dts, tag.data), jumped)

    def _configure_video(self, record: bytes) -> None:
        try:
            config = avc.parse_config(record)
            reason = avc.playable(config)
            track = avc.track(record)
        except avc.BadConfig as error:
            raise Unplayable(f"The H.264 configuration cannot be used: {error}.") from error
        if reason:
            raise Unplayable(f"{reason}.")
        self._video = track

    def _configure_audio(self, config: bytes) -> None:
        try:
            reason = aac.playable(aac.parse_config(config))
            track = aac.track(config)
        except aac.BadConfig as error:
            raise Unplayable(f"The AAC configuration cannot be used: {error}.") from error
        if reason:
            raise Unplayable(f"{reason}.")
        self._audio = track

    def _frame(self, sample: Sample, jumped: bool) -> None:
        if sample.kind is Kind.VIDEO:
            self._watch_keyframes(sample)
        if self._sink is None:
            self._hold(sample)
        elif self._due(sample, jumped):
            self._restart(self._sink, sample)
        elif self._carries(sample):
            self._sink.put(sample)

    def _due(self, sample: Sample, jumped: bool) -> bool:
        """Whether a new run of samples begins here: other tracks, or a jump in time, at a place to start from."""
        tracks = Tracks(self._video, self._audio)
        if jumped:
            self._running = None
        if tracks == self._running:
            return False
        return sample.key and (sample.kind is Kind.VIDEO or self._video is None)

    def _restart(self, sink: Sink, sample: Sample) -> None:
        self._running = Tracks(self._video, self._audio)
        sink.start(self._running)
        sink.put(sample)

    def _carries(self, sample: Sample) -> bool:
        """Whether the present run has this sample's track: a track that came late waits for the next keyframe."""
        running = self._running
        if running is None:
            return False
        if sample.kind is Kind.AUDIO:
            return running.audio is not None and running.audio == self._audio
        return running.video is not None and running.video == self._video

    def _hold(self, sample: Sample) -> None:
        """Keep samples until the tracks are known and there is a place to start, then begin."""
        if self._first_ms is None:
            self._first_ms = sample.dts_ms
        self._held.append(sample)
        self._held_bytes += len(sample.data)
        missing = [
            kind
            for kind, track in ((Kind.VIDEO, self._video), (Kind.AUDIO, self._audio))
            if track is None and self._expects[kind]
        ]
        if missing and sample.dts_ms - self._first_ms < WAIT_MS:
            return
        starts = [i for i, held in enumerate(self._held) if held.key and (held.kind is Kind.VIDEO or not self._video)]
        if starts:
            self._start(self._held[starts[0] :])
        elif self._held_bytes > HELD_BYTES or len(self._held) > HELD_SAMPLES:
            self._held.clear()  # no keyframe in sight: nothing here can ever be shown
            self._held_bytes = 0

    def _start(self, samples: list[Sample]) -> None:
        sink, start_ms = self._begin()
        self._sink = sink
        self._running = Tracks(self._video, self._audio)
        sink.start(self._running)
        self._held, self._held_bytes = [], 0
        # the timeline began at 0 because nobody knew when this publisher would go on the air
        shift = self._timeline.shift(start_ms - samples[0].dts_ms)
        for sample in samples:
            if self._carries(sample):
                sink.put(Sample(sample.kind, sample.dts_ms + shift, sample.data, sample.key, sample.cts_ms))

    def _watch_keyframes(self, sample: Sample) -> None:
        if sample.key:
            distance = 0 if self._key_ms is None else sample.dts_ms - self._key_ms
            self._key_ms = sample.dts_ms
            self.warnings.pop("keyframes", None)
            if distance > KEYFRAME_WARN_MS:
                self.warnings["keyframes"] = (
                    f"The encoder sends a keyframe every {distance / 1000:.1f} s, and people who join wait that long "
                    "for a picture: set the keyframe interval to 2 s."
                )
        elif sample.dts_ms - (self._key_ms or 0) > NO_KEYFRAME_MS:
            self.warnings["keyframes"] = "The encoder sends no keyframes: set the keyframe interval to 2 s."
