"""NAL units in a sample, in both framings: with length prefixes (ISO/IEC 14496-15, 5.3.2), as MP4 and FLV store them,
and with start codes (ITU-T H.264, annex B), which some encoders put into FLV nevertheless. `avc.py` reads what is in
them.
"""

from collections.abc import Iterable

from media.bit_reader import BitReader, EndOfBits

SLICE, IDR, SEI, SPS, PPS = 1, 5, 6, 7, 8  # nal_unit_type, H.264 table 7-1
INTRA_SLICES = frozenset({2, 4, 7, 9})  # slice_type of I and SI slices, H.264 table 7-6
LENGTH_SIZE = 4  # what is converted here is written with
MOST_UNITS = 4_096  # in a sample: encoders cut a picture into 1 to 32 slices, and a unit costs more to walk than a byte


def walk(data: bytes, length_size: int) -> list[int] | None:
    """Return the nal_unit_type of each unit, in order. None when the lengths do not add up to the sample, or one is 0:
    no decoder accepts such a sample."""
    kinds: list[int] = []
    at, end = 0, len(data)
    while at < end:
        start = at + length_size
        at = start + int.from_bytes(data[at:start], "big")
        if not start < at <= end or len(kinds) == MOST_UNITS:
            return None
        kinds.append(data[start] & 0x1F)
    return kinds or None


def units(data: bytes, length_size: int) -> list[bytes]:
    """Return the units of a sample with length prefixes of `length_size` bytes. Empty units, a unit that reaches beyond
    the sample, and those after `MOST_UNITS` are left out."""
    out: list[bytes] = []
    at, end = 0, len(data)
    for _ in range(MOST_UNITS):
        if at + length_size >= end:
            break
        start = at + length_size
        at = start + int.from_bytes(data[at:start], "big")
        if at > end:
            break
        if at > start:
            out.append(data[start:at])
    return out


def starts_with_code(data: bytes) -> bool:
    """Return whether `data` begins with a start code, or with the zeros that may stand before one."""
    if data[:2] != b"\0\0":
        return False
    return data[:64].lstrip(b"\0")[:1] == b"\1"


def split(data: bytes) -> list[bytes]:
    """Return the units between start codes. A unit never ends with a zero byte (H.264, 7.4.1): those are padding."""
    pieces = data.split(b"\0\0\1", MOST_UNITS)
    return [unit for piece in pieces[1:] if (unit := piece.rstrip(b"\0"))]


def join(them: Iterable[bytes]) -> bytes:
    """Return a sample of these units, each with a length prefix of four bytes."""
    parts: list[bytes] = []
    for unit in them:
        parts += (len(unit).to_bytes(LENGTH_SIZE, "big"), unit)
    return b"".join(parts)


def is_intra(unit: bytes) -> bool:
    """Return whether a slice is an I or SI slice, so that decoding can begin with its picture (H.264, 7.3.3)."""
    bits = BitReader(unit[1:24].replace(b"\0\0\3", b"\0\0"))
    try:
        bits.ue()  # first_mb_in_slice
        return bits.ue() in INTRA_SLICES
    except EndOfBits:
        return False
