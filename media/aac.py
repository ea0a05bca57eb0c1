"""AAC configuration: the AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1). Frames themselves are never looked into."""

from collections.abc import Set
from dataclasses import dataclass

from media.bit_reader import BitReader, EndOfBits
from media.track import AudioTrack

MAX_RECORD = 256  # 2 to 5 bytes are usual, 7 with every extension
MIN_RATE, MAX_RATE = 7350, 96_000  # the ends of the table; a rate written out must lie between them

# ISO/IEC 14496-3 table 1.18
RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
RATE_WRITTEN = 15
# table 1.19: speakers by channelConfiguration; 0 means that a program config element follows
CHANNELS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8, 11: 7, 12: 8, 14: 8}

MAIN, LC, SSR, LTP, SBR, ESCAPE, PS = 1, 2, 3, 4, 5, 31, 29
PLAIN = frozenset({MAIN, LC, SSR, LTP})
OBJECT_TYPES = {
    0: "null",
    MAIN: "AAC Main",
    LC: "AAC-LC",
    SSR: "AAC SSR",
    LTP: "AAC LTP",
    SBR: "HE-AAC",
    6: "AAC Scalable",
    17: "ER AAC-LC",
    23: "AAC-LD",
    PS: "HE-AAC v2",
    32: "MPEG Layer 1",
    33: "MPEG Layer 2",
    34: "MP3",
    36: "ALS",
    39: "AAC-ELD",
    42: "xHE-AAC",
}
SYNC_SBR, SYNC_PS = 0x2B7, 0x548  # syncExtensionType: SBR told behind a header that older decoders understand


class BadConfig(Exception):
    """The AudioSpecificConfig is cut off, contradicts the standard or is of an unsupported kind. str() says which."""


@dataclass(frozen=True, slots=True)
class AacConfig:
    """A parsed AudioSpecificConfig.

    `object_type` is the announced audio object type (table 1.17): 2 for LC, 5 with SBR, 29 with SBR and parametric
    stereo, 1, 3 or 4. `rate` (samples per second), `channels` and `frame_length` (samples per access unit) are those of
    the core codec, in which the container counts; `output_rate` is that of a decoder with SBR.
    """

    object_type: int
    rate: int
    channels: int
    frame_length: int
    output_rate: int

    @property
    def codec(self) -> str:
        """Return the codec name of RFC 6381: MPEG-4 audio (0x40), then the object type."""
        return f"mp4a.40.{self.object_type}"


def parse_config(asc: bytes) -> AacConfig:
    """Read an AudioSpecificConfig. Raises BadConfig."""
    if len(asc) > MAX_RECORD:
        raise BadConfig(f"the AAC configuration has {len(asc)} bytes, more than {MAX_RECORD}")
    try:
        return _config(BitReader(asc))
    except EndOfBits:
        raise BadConfig("the AAC configuration is cut off") from None


def channel_configuration(asc: bytes) -> int:
    """Return the channelConfiguration (table 1.19) of a configuration that parse_config accepts."""
    bits = BitReader(asc)
    _object_type(bits, PLAIN | {SBR, PS})
    _rate(bits)
    return _channel_configuration(bits)


def track(asc: bytes) -> AudioTrack:
    """Return the track that an AudioSpecificConfig describes. Raises BadConfig."""
    config = parse_config(asc)
    return AudioTrack(asc, config.codec, config.rate, config.channels, config.frame_length)


def why_unplayable(config: AacConfig) -> str | None:
    """Return why browsers cannot play this, in words for the streamer; None when they can."""
    if config.object_type in (LC, SBR, PS):
        return None
    return f"{OBJECT_TYPES[config.object_type]} is not playable in browsers: set the encoder to AAC-LC"


def _config(bits: BitReader) -> AacConfig:
    announced = _object_type(bits, PLAIN | {SBR, PS})
    rate = _rate(bits)
    channels = CHANNELS[_channel_configuration(bits)]
    if announced in PLAIN:
        frame = _frame(bits)
        announced, output_rate = _extension(bits, announced, rate)
    else:  # the explicit, hierarchical signalling of 1.6.5.2
        output_rate = _rate(bits)
        _object_type(bits, PLAIN)
        frame = _frame(bits)
    return AacConfig(announced, rate, channels, frame, output_rate)


def _object_type(bits: BitReader, known: Set[int]) -> int:
    kind = bits.u(5)
    if kind == ESCAPE:
        kind = 32 + bits.u(6)
    if kind not in known:
        name = OBJECT_TYPES.get(kind, "unknown")
        raise BadConfig(f"audio object type {kind} ({name}) is not supported: set the encoder to AAC-LC")
    return kind


def _rate(bits: BitReader) -> int:
    index = bits.u(4)
    if index == RATE_WRITTEN:
        rate = bits.u(24)
        if not MIN_RATE <= rate <= MAX_RATE:
            raise BadConfig(f"the AAC configuration says {rate} samples a second; {MIN_RATE} to {MAX_RATE} are taken")
        return rate
    if index >= len(RATES):
        raise BadConfig(f"the AAC configuration has the reserved rate index {index}")
    return RATES[index]


def _channel_configuration(bits: BitReader) -> int:
    number = bits.u(4)
    if number == 0:
        # Chromium's parser gives up at a program config element too, so reading it would help nobody
        raise BadConfig("the AAC channel layout is a custom one: set the encoder to mono, stereo or 5.1")
    if number not in CHANNELS:
        raise BadConfig(f"the AAC configuration has the reserved channel layout {number}")
    return number


def _frame(bits: BitReader) -> int:
    """Read the GASpecificConfig (4.4.1). Its extensionFlag is 0 for the object types accepted here."""
    frame = 960 if bits.flag() else 1024
    if bits.flag():
        bits.u(14)  # coreCoderDelay
    bits.flag()
    return frame


def _extension(bits: BitReader, announced: int, rate: int) -> tuple[int, int]:
    """Return the object type and the output rate that the backward compatible signalling tells (1.6.5.3). Padding, and
    what is wrong or cut off there, is ignored, as older decoders do."""
    try:
        if bits.u(11) != SYNC_SBR or bits.u(5) != SBR or not bits.flag():
            return announced, rate
        output_rate = _rate(bits)
    except (EndOfBits, BadConfig):
        return announced, rate
    if bits.left >= 12 and bits.u(11) == SYNC_PS and bits.flag():
        return PS, output_rate
    return SBR, output_rate
