"""ADTS (ISO/IEC 14496-3, 1.A.2.2): the header that AAC frames carry in transport streams, and that some encoders leave
on them in FLV, where it does not belong. It says what an AudioSpecificConfig says.
"""

from dataclasses import dataclass

from media import aac

HEADER, CRC = 7, 2
MAX_FRAMES = 16  # in one tag; encoders pack one, a few pack four


class BadAdts(Exception):
    """The frames are cut off, or of a kind that AAC decoders for MP4 do not accept. str() says which."""


@dataclass(frozen=True, slots=True)
class AdtsHeader:
    object_type: int  # 1 to 4, as in an AudioSpecificConfig
    rate_index: int
    channels: int  # channelConfiguration

    @property
    def config(self) -> bytes:
        """Return the AudioSpecificConfig that says the same. SBR stays implicit (1.6.5.3)."""
        number = self.object_type << 11 | self.rate_index << 7 | self.channels << 3
        return number.to_bytes(2, "big")


def has_header(data: bytes) -> bool:
    """Return whether `data` begins with an ADTS header. Raw AAC never does: its first three bits would say "end"."""
    return len(data) >= HEADER and data[0] == 0xFF and data[1] & 0xF6 == 0xF0


def split(data: bytes) -> tuple[AdtsHeader, list[bytes]]:
    """Return the first header, and the raw frames without their headers, at most MAX_FRAMES. Raises BadAdts."""
    header = AdtsHeader((data[2] >> 6) + 1, data[2] >> 2 & 15, (data[2] & 1) << 2 | data[3] >> 6)
    if header.rate_index >= len(aac.RATES):
        raise BadAdts(f"an ADTS header has the reserved rate index {header.rate_index}")
    frames: list[bytes] = []
    at = 0
    while at < len(data):
        head = data[at : at + HEADER]
        if not has_header(head):
            raise BadAdts("something else follows an ADTS frame")
        size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        begin = HEADER if head[1] & 1 else HEADER + CRC
        if head[6] & 3:
            raise BadAdts("an ADTS frame holds more than one block")
        if size <= begin or at + size > len(data):
            raise BadAdts("an ADTS frame is cut off")
        if len(frames) == MAX_FRAMES:
            raise BadAdts(f"more than {MAX_FRAMES} ADTS frames in one tag")
        frames.append(data[at + begin : at + size])
        at += size
    return header, frames
