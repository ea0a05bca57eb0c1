"""The sound of the renditions: decoded once, encoded once for each bit rate. Runs in the child process only."""

from collections.abc import Sequence
from fractions import Fraction
from typing import cast

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.codec.context import CodecContext, Flags

from media.codec.ladder.video import CLOCK, Outlet
from media.track import Kind, Sample

FRAME = 1024  # samples in an access unit of AAC-LC
HOLE_MS = 100  # a larger distance between the count and a timestamp is a hole
CD_RATES = frozenset({11_025, 22_050, 44_100, 88_200})


def output_rate(rate: int) -> int:
    """Return the sampling rate for a source of `rate`: what every browser and phone plays."""
    return 44_100 if rate in CD_RATES else 48_000


class AudioRenditions:
    """Decodes the sound of one epoch and encodes it for `outlets`, which are given with their bit rates in kbit/s."""

    def __init__(self, config: bytes, outlets: Sequence[tuple[int, Outlet]]) -> None:
        decoder = CodecContext.create("aac", "r")
        assert isinstance(decoder, AudioCodecContext)
        decoder.extradata, decoder.thread_count = config, 1
        self._decoder, self._outlets = decoder, outlets
        self._encoders: dict[int, AudioCodecContext] = {}
        self._resampler: AudioResampler | None = None
        self._rate = 0
        self._next: int | None = None  # where the next sample of sound belongs, in output samples
        self._origin = 0  # where the sound begins: the encoders' run-in lies before it

    def put(self, sample: Sample) -> None:
        """Encode what an access unit holds. Raises FFmpegError."""
        packet = cast("av.Packet[AudioStream]", av.Packet(sample.data))
        packet.pts = packet.dts = sample.dts_ms
        packet.time_base = CLOCK
        for frame in self._decoder.decode(packet):
            self._hear(frame, sample.dts_ms)

    def close(self) -> None:
        """Let go of the encoders."""
        self._encoders.clear()

    def _hear(self, frame: AudioFrame, dts_ms: int) -> None:
        if self._resampler is None:
            self._open(frame)
        assert self._resampler is not None
        wanted = dts_ms * self._rate // 1000
        if self._next is None or abs(wanted - self._next) > HOLE_MS * self._rate // 1000:
            self._origin = wanted if self._next is None else self._origin
            self._next = wanted
        frame.pts = None
        for piece in self._resampler.resample(frame):
            piece.pts, piece.time_base = self._next, Fraction(1, self._rate)
            self._next += piece.samples
            for kbps, encoder in self._encoders.items():
                self._emit(kbps, encoder.encode(piece))

    def _open(self, frame: AudioFrame) -> None:
        self._rate = output_rate(frame.sample_rate)
        layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
        self._resampler = AudioResampler(format="fltp", layout=layout, rate=self._rate, frame_size=FRAME)
        for kbps in sorted({kbps for kbps, _ in self._outlets}):
            encoder = CodecContext.create("aac", "w")
            assert isinstance(encoder, AudioCodecContext)
            encoder.sample_rate, encoder.layout, encoder.format = self._rate, layout, "fltp"
            encoder.time_base, encoder.bit_rate = Fraction(1, self._rate), kbps * 1000
            encoder.flags |= Flags.global_header
            encoder.open()
            self._encoders[kbps] = encoder
            for wanted, outlet in self._outlets:
                if wanted == kbps:
                    outlet.begin(Kind.AUDIO, bytes(encoder.extradata or b""))

    def _emit(self, kbps: int, packets: list) -> None:  # type: ignore[type-arg]
        for packet in packets:
            if packet.pts is None or packet.pts < self._origin:
                continue
            sample = Sample(Kind.AUDIO, packet.pts * 1000 // self._rate, bytes(packet))
            for wanted, outlet in self._outlets:
                if wanted == kbps:
                    outlet.put(sample)
