"""Writes H.264 parameter sets and records with any field as wanted, for what x264 cannot be made to write."""

from collections.abc import Sequence
from dataclasses import dataclass


class BitWriter:
    def __init__(self) -> None:
        self.text = ""

    def number(self, value: int, bits: int) -> None:
        self.text += f"{value:0{bits}b}" if bits else ""

    def golomb(self, *values: int) -> None:
        """ue(v) for each value."""
        for value in values:
            digits = f"{value + 1:b}"
            self.text += "0" * (len(digits) - 1) + digits

    def signed_golomb(self, value: int) -> None:
        self.golomb(2 * value - 1 if value > 0 else -2 * value)

    def end(self) -> bytes:
        """The bits as bytes after a stop bit."""
        text = self.text + "1"
        text += "0" * (-len(text) % 8)
        return int(text, 2).to_bytes(len(text) // 8, "big")


def emulated(data: bytes) -> bytes:
    """H.264, 7.4.1: 03 between two zeros and what would look like a start code."""
    out = bytearray()
    for byte in data:
        if byte <= 3 and out[-2:] == b"\0\0":
            out.append(3)
        out.append(byte)
    return bytes(out)


@dataclass(frozen=True)
class Sps:
    """The fields of a sequence parameter set. `order_cycle` makes pic_order_cnt_type 1; `scaling` gives the deltas of
    each scaling list, None for a list that is not there."""

    profile: int = 100
    compatibility: int = 0
    level: int = 31
    columns: int = 80  # macroblocks
    rows: int = 45  # map units
    interlaced: bool = False
    crop: tuple[int, int, int, int] | None = None  # left, right, top, bottom in chroma units
    chroma: int = 1
    planes: bool = False
    depths: tuple[int, int] = (8, 8)
    scaling: Sequence[Sequence[int] | None] | None = None
    order_type: int = 0
    order_cycle: Sequence[int] = ()
    aspect: int | tuple[int, int] | None = None  # aspect_ratio_idc or written out
    vui: bool = False

    def __bytes__(self) -> bytes:
        bits = BitWriter()
        bits.golomb(0)
        if self.profile in (100, 110, 122, 244, 44):
            self._chroma(bits)
        bits.golomb(0, self.order_type)
        if self.order_type == 0:
            bits.golomb(2)
        elif self.order_type == 1:
            bits.number(0, 1)
            bits.signed_golomb(-3)
            bits.signed_golomb(4)
            bits.golomb(len(self.order_cycle))
            for offset in self.order_cycle:
                bits.signed_golomb(offset)
        bits.golomb(4)
        bits.number(0, 1)
        bits.golomb(self.columns - 1, self.rows - 1)
        bits.number(0 if self.interlaced else 1, 1)
        if self.interlaced:
            bits.number(1, 1)
        bits.number(1, 1)
        bits.number(self.crop is not None, 1)
        bits.golomb(*(self.crop or ()))
        bits.number(self.vui or self.aspect is not None, 1)
        if self.vui or self.aspect is not None:
            self._vui(bits)
        return b"\x67" + emulated(bytes((self.profile, self.compatibility, self.level)) + bits.end())

    def _chroma(self, bits: BitWriter) -> None:
        bits.golomb(self.chroma)
        if self.chroma == 3:
            bits.number(self.planes, 1)
        bits.golomb(*(depth - 8 for depth in self.depths))
        bits.number(0, 1)
        bits.number(self.scaling is not None, 1)
        for deltas in self.scaling or ():
            bits.number(deltas is not None, 1)
            for delta in deltas or ():
                bits.signed_golomb(delta)

    def _vui(self, bits: BitWriter) -> None:
        bits.number(self.aspect is not None, 1)
        if isinstance(self.aspect, tuple):
            bits.number(255, 8)
            bits.number(self.aspect[0], 16)
            bits.number(self.aspect[1], 16)
        elif self.aspect is not None:
            bits.number(self.aspect, 8)
        bits.number(0, 8)  # nothing else is told


def record(
    sps: Sequence[bytes], pps: Sequence[bytes] = (b"\x68\xee\x3c\x80",), *, version: int = 1, length_size: int = 4
) -> bytes:
    """An AVCDecoderConfigurationRecord."""
    head = bytes((version, *(sps[0][1:4] if sps else b"").ljust(3, b"\0"), 0xFC | length_size - 1, 0xE0 | len(sps)))
    sets = [len(unit).to_bytes(2, "big") + unit for unit in (*sps, *pps)]
    return b"".join((head, *sets[: len(sps)], bytes((len(pps),)), *sets[len(sps) :]))
