"""H.264 configuration: the AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1) and what its SPS says of the
picture (ITU-T H.264, 7.3.2.1). Slices are never decoded; samples are only walked from NAL unit to NAL unit.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from media.bit_reader import BitReader, EndOfBits
from media.nalunits import LENGTH_SIZE, PPS, SPS
from media.track import VideoTrack

MAX_RECORD = 16_384  # x264 writes about 50 bytes; 31 SPS and 255 PPS of that size still fit
MAX_SIDE = 8192  # level 6.2, the highest, allows no more than 8192x4320 without odd shapes
MAX_CYCLE = 255  # H.264, 7.4.2.1.1: num_ref_frames_in_pic_order_cnt_cycle

# profile_idc whose SPS goes on with chroma format, bit depth and scaling lists (H.264, 7.3.2.1.1)
HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
CHROMA = ("4:0:0 (greyscale)", "4:2:0", "4:2:2", "4:4:4")
# SubWidthC and SubHeightC of H.264 table 6-1: cropping is counted in chroma samples; greyscale has none
CHROMA_STEPS = ((1, 1), (2, 2), (2, 1), (1, 1))
PLAYED_PROFILES = frozenset({66, 77, 100})  # Baseline, Main, High: what every browser plays
PROFILES = {88: "Extended", 110: "High 10", 122: "High 4:2:2", 244: "High 4:4:4 Predictive", 44: "CAVLC 4:4:4 Intra"}

_EMULATION = re.compile(b"\x00\x00\x03")


class BadConfig(Exception):
    """The record or its SPS is cut off, contradicts the standard or is beyond our limits. str() says which."""


class NoParameterSets(BadConfig):
    """The record has no SPS or no PPS: they come, if at all, with the keyframes."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture as the SPS describes it. Width and height in luma samples: cropped, before `sar` is applied."""

    width: int
    height: int
    chroma: int = 1  # chroma_format_idc
    depth: int = 8  # bits per luma or chroma sample, the larger
    sar: tuple[int, int] = (1, 1)  # sample aspect ratio


@dataclass(frozen=True, slots=True)
class AvcConfig:
    """A parsed AVCDecoderConfigurationRecord. `profile`, `compatibility` and `level` are those of the first SPS, from
    which RFC 6381 (3.3) builds the codec name."""

    profile: int
    compatibility: int
    level: int
    length_size: int  # bytes before each NAL unit of a sample: 1, 2 or 4
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    picture: Picture

    @property
    def codec(self) -> str:
        return f"avc1.{self.profile:02x}{self.compatibility:02x}{self.level:02x}"

    @property
    def width(self) -> int:
        return self.picture.width

    @property
    def height(self) -> int:
        return self.picture.height


def parse_config(record: bytes) -> AvcConfig:
    """Read an AVCDecoderConfigurationRecord. Raises BadConfig. What follows the PPS (chroma, SPS extensions) repeats
    the SPS and is not looked at: some encoders leave it out, others fill it wrongly."""
    if len(record) > MAX_RECORD:
        raise BadConfig(f"the H.264 configuration has {len(record)} bytes, more than {MAX_RECORD}")
    if not record.strip(b"\0"):
        raise NoParameterSets("the H.264 configuration is cut off")
    if len(record) < 6:
        raise BadConfig("the H.264 configuration is cut off")
    if record[0] != 1:
        raise BadConfig(f"the H.264 configuration has version {record[0]}, not 1")
    length_size = (record[4] & 3) + 1
    if length_size == 3:
        raise BadConfig("the H.264 configuration announces 3-byte lengths, which the standard forbids")
    sps, at = _units(record, 5, 0x1F, SPS, "SPS")
    pps, _ = _units(record, at, 0xFF, PPS, "PPS")
    first = sps[0]
    if len(first) < 4:
        raise BadConfig("the SPS is cut off")
    return AvcConfig(first[1], first[2], first[3], length_size, sps, pps, parse_sps(first))


def write_record(sps: Sequence[bytes], pps: Sequence[bytes]) -> bytes:
    """Return the record of these parameter sets, for samples with 4-byte lengths: the counterpart of parse_config.

    At least one SPS of 4 bytes and one PPS; raises BadConfig for what does not fit. The extension that the high
    profiles have behind the PPS is left out as x264 did for years: it repeats the SPS, and decoders read that.
    """
    if not sps or not pps or len(sps[0]) < 4:
        raise BadConfig("the SPS or the PPS is missing")
    if len(sps) > 31 or len(pps) > 255 or max(map(len, (*sps, *pps))) > 0xFFFF:
        raise BadConfig("there are too many parameter sets, or one is too long")
    parts = [b"\1", sps[0][1:4], bytes((0xFC | LENGTH_SIZE - 1, 0xE0 | len(sps)))]
    for unit in sps:
        parts += (len(unit).to_bytes(2, "big"), unit)
    parts.append(bytes((len(pps),)))
    for unit in pps:
        parts += (len(unit).to_bytes(2, "big"), unit)
    return b"".join(parts)


def track(record: bytes) -> VideoTrack:
    """Return the track that `record` describes. Raises BadConfig."""
    config = parse_config(record)
    return VideoTrack(record, config.codec, config.width, config.height)


def why_unplayable(config: AvcConfig) -> str | None:
    """Return why browsers cannot play this, in words for the streamer; None when they can.

    Software decoders play more, High 10 for one; hardware decoders, and so phones and Safari, do not.
    """
    picture = config.picture
    if picture.chroma != 1:
        return (
            f"H.264 with {CHROMA[picture.chroma]} colour is not playable in browsers: set the encoder to 4:2:0 (NV12)"
        )
    if picture.depth != 8:
        return f"H.264 with {picture.depth} bits per colour is not playable in browsers: set the encoder to 8 bits"
    if config.profile not in PLAYED_PROFILES:
        name = PROFILES.get(config.profile, f"number {config.profile}")
        return f"the H.264 profile {name} is not playable in browsers: use baseline, main or high"
    return None


def _units(record: bytes, at: int, mask: int, kind: int, name: str) -> tuple[tuple[bytes, ...], int]:
    """Return the parameter sets that are counted at `at`, and where they end."""
    if at >= len(record):
        raise BadConfig(f"the H.264 configuration ends before its {name}")
    units = []
    count, at = record[at] & mask, at + 1
    for _ in range(count):
        size = int.from_bytes(record[at : at + 2], "big")
        unit = record[at + 2 : at + 2 + size]
        if not unit or len(unit) != size:
            raise BadConfig(f"the {name} is cut off")
        if unit[0] & 0x1F != kind:
            raise BadConfig(f"NAL unit type {unit[0] & 0x1F} stands where the {name} belongs")
        units.append(unit)
        at += 2 + size
    if not units:
        raise NoParameterSets(f"the H.264 configuration has no {name}")
    return tuple(units), at


def parse_sps(unit: bytes) -> Picture:
    """Read a sequence parameter set, NAL header included. Raises BadConfig."""
    bits = BitReader(_EMULATION.sub(b"\x00\x00", unit[1:]))  # H.264, 7.4.1.1: 00 00 03 stands for 00 00
    try:
        return _picture(bits)
    except EndOfBits:
        raise BadConfig("the SPS is cut off") from None


def _picture(bits: BitReader) -> Picture:
    profile = bits.u(8)
    bits.u(16)  # constraint flags and level
    bits.ue()  # seq_parameter_set_id
    chroma, depth, planes = _chroma(bits) if profile in HIGH_PROFILES else (1, 8, False)
    bits.ue()  # log2_max_frame_num_minus4
    _order_count(bits)
    bits.ue()  # max_num_ref_frames
    bits.flag()  # gaps_in_frame_num_value_allowed_flag
    width, height = 16 * (bits.ue() + 1), 16 * (bits.ue() + 1)
    fields = 1 if bits.flag() else 2  # frame_mbs_only_flag: without it the height counts macroblocks of one field
    height *= fields
    if fields == 2:
        bits.flag()  # mb_adaptive_frame_field_flag
    bits.flag()  # direct_8x8_inference_flag
    if bits.flag():
        across, down = CHROMA_STEPS[0 if planes else chroma]
        left, right, top, bottom = (bits.ue() for _ in range(4))
        width -= across * (left + right)
        height -= down * fields * (top + bottom)
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise BadConfig(f"the picture would be {width}x{height}; up to {MAX_SIDE}x{MAX_SIDE} is taken")
    return Picture(width, height, chroma, depth, _aspect(bits) if bits.flag() else (1, 1))


def _chroma(bits: BitReader) -> tuple[int, int, bool]:
    """Return chroma_format_idc, the bit depth and separate_colour_plane_flag; skip the scaling lists."""
    chroma = bits.ue()
    if chroma > 3:
        raise BadConfig(f"the SPS has chroma format {chroma}, which does not exist")
    planes = bits.flag() if chroma == 3 else False
    depth = 8 + max(bits.ue(), bits.ue())
    if depth > 14:
        raise BadConfig(f"the SPS has {depth} bits per colour, which does not exist")
    bits.flag()  # qpprime_y_zero_transform_bypass_flag
    if bits.flag():
        for index in range(12 if chroma == 3 else 8):
            if bits.flag():
                _scaling_list(bits, 16 if index < 6 else 64)
    return chroma, depth, planes


def _scaling_list(bits: BitReader, size: int) -> None:
    """Skip a scaling list (7.3.2.1.1.1): after a next scale of 0 no more deltas are written."""
    last = 8
    for _ in range(size):
        last = (last + bits.se()) % 256
        if not last:
            return


def _order_count(bits: BitReader) -> None:
    kind = bits.ue()
    if kind == 0:
        bits.ue()  # log2_max_pic_order_cnt_lsb_minus4
    elif kind == 1:
        bits.flag()  # delta_pic_order_always_zero_flag
        bits.ue()  # offset_for_non_ref_pic, signed, but as long as an unsigned one
        bits.ue()  # offset_for_top_to_bottom_field
        cycle = bits.ue()
        if cycle > MAX_CYCLE:
            raise BadConfig(f"the SPS has a picture order cycle of {cycle}; {MAX_CYCLE} is the most")
        for _ in range(cycle):
            bits.ue()
    elif kind > 2:
        raise BadConfig(f"the SPS has picture order type {kind}, which does not exist")


# H.264 table E-1: sample aspect ratio by aspect_ratio_idc
ASPECTS = (
    *((1, 1), (1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11)),
    *((80, 33), (18, 11), (15, 11), (64, 33), (160, 99), (4, 3), (3, 2), (2, 1)),
)
ASPECT_WRITTEN = 255  # Extended_SAR
MAX_ASPECT = 8  # to one; above that, it is a mistake in the stream and not a picture


def _aspect(bits: BitReader) -> tuple[int, int]:
    """Return the sample aspect ratio, with which the VUI begins (E.1.1). An absurd one counts as square."""
    if not bits.flag():
        return 1, 1
    number = bits.u(8)
    if number == ASPECT_WRITTEN:
        across, down = bits.u(16), bits.u(16)
        return (across, down) if 0 < across <= MAX_ASPECT * down and down <= MAX_ASPECT * across else (1, 1)
    return ASPECTS[number] if number < len(ASPECTS) else (1, 1)
