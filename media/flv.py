"""FLV bodies as RTMP carries them: the headers of VIDEODATA and AUDIODATA (Adobe FLV 10.1, annex E.4) and their
Enhanced RTMP forms (Veovera, version 2), and whole FLV files. Script data is left to media/rtmp/amf0.py.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, IntEnum

AVC, AAC = "H.264", "AAC"  # the codec names of what can be packaged; every other name is only good for a message


class BadTag(Exception):
    """The header of a tag is cut off, or the file is no FLV file. str() says which."""


class Packet(Enum):
    CONFIG = "config"  # data is the decoder configuration
    FRAMES = "frames"  # data is one access unit; it may be empty
    END = "end"  # no more frames with the present configuration
    OTHER = "other"  # nothing for a decoder: commands, metadata, further tracks, kinds yet to come


@dataclass(frozen=True, slots=True)
class VideoTag:
    codec: str  # AVC, or the name to refuse it with: "HEVC (hvc1)"
    packet: Packet
    key: bool = False
    cts_ms: int = 0  # presentation minus decoding time, signed
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class AudioTag:
    codec: str  # AAC, or the name to refuse it with: "Speex"
    packet: Packet
    data: bytes = b""


VIDEO_CODECS = {
    1: "JPEG",
    2: "Sorenson H.263",
    3: "Screen Video",
    4: "VP6",
    5: "VP6 with alpha",
    6: "Screen Video 2",
    7: AVC,
    8: "H.263",
    9: "MPEG-4 Part 2",
    12: "HEVC",
    13: "AV1",  # 8 to 13 were never Adobe's; 12 is widespread in China
}
AUDIO_CODECS = {
    0: "PCM",
    1: "ADPCM",
    2: "MP3",
    3: "PCM",
    4: "Nellymoser 16 kHz",
    5: "Nellymoser 8 kHz",
    6: "Nellymoser",
    7: "G.711 A-law",
    8: "G.711 mu-law",
    10: AAC,
    11: "Speex",
    13: "Opus",
    14: "MP3 8 kHz",
}
FOURCC = {
    b"avc1": AVC,
    b"hvc1": "HEVC (hvc1)",
    b"vvc1": "VVC (vvc1)",
    b"av01": "AV1 (av01)",
    b"vp08": "VP8 (vp08)",
    b"vp09": "VP9 (vp09)",
    b"mp4a": AAC,
    b"Opus": "Opus",
    b"fLaC": "FLAC (fLaC)",
    b".mp3": "MP3 (.mp3)",
    b"ac-3": "AC-3",
    b"ec-3": "E-AC-3",
}
KEY_FRAMES = (1, 4)  # FrameType: key frame, generated key frame
COMMAND_FRAME = 5
AVC_PACKETS = {0: Packet.CONFIG, 1: Packet.FRAMES, 2: Packet.END}
AAC_PACKETS = {0: Packet.CONFIG, 1: Packet.FRAMES}

# Enhanced RTMP, VideoPacketType and AudioPacketType (the audio kinds are a subset with the same numbers, but for two)
EX_VIDEO_PACKETS = {0: Packet.CONFIG, 1: Packet.FRAMES, 2: Packet.END, 3: Packet.FRAMES}
EX_AUDIO_PACKETS = {0: Packet.CONFIG, 1: Packet.FRAMES, 2: Packet.END}
EX_CODED_FRAMES, EX_METADATA, EX_MOD = 1, 4, 7
EX_VIDEO_MULTITRACK, EX_AUDIO_MULTITRACK = 6, 5
EX_WITH_CTS = (b"avc1", b"hvc1", b"vvc1")  # CodedFrames of these begin with an SI24 composition time
EX_AUDIO = 9  # SoundFormat

_AAC_HEADER = 0xAF  # Adobe E.4.2.1: AAC always says 44 kHz, 16 bit, stereo


def parse_video(payload: bytes) -> VideoTag:
    """Read VIDEODATA. Raises BadTag. An empty payload, which some encoders send as a sign of life, is OTHER."""
    if not payload:
        return VideoTag("", Packet.OTHER)
    first = payload[0]
    if first & 0x80:
        return _parse_ex_video(payload)
    frame_type, codec = first >> 4, first & 15
    key = frame_type in KEY_FRAMES
    if codec != 7 or frame_type == COMMAND_FRAME:
        name = VIDEO_CODECS.get(codec, f"video codec {codec}")
        if frame_type == COMMAND_FRAME:
            return VideoTag(name, Packet.OTHER)
        return VideoTag(name, Packet.FRAMES, key, 0, payload[1:])
    packet = AVC_PACKETS.get(payload[1], Packet.OTHER) if len(payload) > 1 else None
    if len(payload) < 5 and packet is not Packet.END:  # librtmp's end of sequence is 17 02 without a time
        raise BadTag("the header of an H.264 tag is cut off")
    cts_ms = int.from_bytes(payload[2:5], "big", signed=True) if packet is Packet.FRAMES else 0
    return VideoTag(AVC, packet or Packet.OTHER, key, cts_ms, payload[5:])


def parse_audio(payload: bytes) -> AudioTag:
    """Read AUDIODATA. Raises BadTag. An empty payload is OTHER, as for video."""
    if not payload:
        return AudioTag("", Packet.OTHER)
    codec = payload[0] >> 4
    if codec == 10:
        if len(payload) < 2:
            raise BadTag("the header of an AAC tag is cut off")
        return AudioTag(AAC, AAC_PACKETS.get(payload[1], Packet.OTHER), payload[2:])
    if codec == EX_AUDIO:
        return _parse_ex_audio(payload)
    return AudioTag(AUDIO_CODECS.get(codec, f"audio codec {codec}"), Packet.FRAMES, payload[1:])


def _parse_ex_video(payload: bytes) -> VideoTag:
    """Read an ExVideoTagHeader. A further track (multitrack) is OTHER: the first one comes without that wrapping."""
    frame_type = payload[0] >> 4 & 7
    kind, at = _after_mod_ex(payload)
    if frame_type == COMMAND_FRAME and kind != EX_METADATA:
        return VideoTag("", Packet.OTHER)
    if kind == EX_VIDEO_MULTITRACK:
        return VideoTag("", Packet.OTHER)
    fourcc, at = _fourcc(payload, at)
    packet = EX_VIDEO_PACKETS.get(kind, Packet.OTHER)
    cts_ms = 0
    if kind == EX_CODED_FRAMES and fourcc in EX_WITH_CTS:
        if len(payload) < at + 3:
            raise BadTag("an enhanced video tag ends before its composition time")
        cts_ms = int.from_bytes(payload[at : at + 3], "big", signed=True)
        at += 3
    return VideoTag(_name(fourcc), packet, frame_type in KEY_FRAMES, cts_ms, payload[at:])


def _parse_ex_audio(payload: bytes) -> AudioTag:
    kind, at = _after_mod_ex(payload)
    if kind == EX_AUDIO_MULTITRACK:
        return AudioTag("", Packet.OTHER)
    fourcc, at = _fourcc(payload, at)
    return AudioTag(_name(fourcc), EX_AUDIO_PACKETS.get(kind, Packet.OTHER), payload[at:])


def _after_mod_ex(payload: bytes) -> tuple[int, int]:
    """Return the packet type and where its header goes on, past the ModEx modifiers (such as nanoseconds), which are
    not used here."""
    kind, at = payload[0] & 15, 1
    while kind == EX_MOD:
        size = payload[at] + 1 if at < len(payload) else 0
        at += 1
        if size == 256:
            size = int.from_bytes(payload[at : at + 2], "big") + 1
            at += 2
        at += size + 1
        if at > len(payload):
            raise BadTag("an enhanced tag ends within its modifiers")
        kind = payload[at - 1] & 15
    return kind, at


def _fourcc(payload: bytes, at: int) -> tuple[bytes, int]:
    if len(payload) < at + 4:
        raise BadTag("an enhanced tag ends before its FourCC")
    return payload[at : at + 4], at + 4


def _name(fourcc: bytes) -> str:
    return FOURCC.get(fourcc) or repr(fourcc)[2:-1]  # escaped: it ends up in logs and in the streamer's window


def video_tag(packet: Packet, data: bytes = b"", *, key: bool = False, cts_ms: int = 0) -> bytes:
    """Return VIDEODATA for H.264: the counterpart of parse_video. `cts_ms` fits in 24 bits with its sign."""
    kind = (Packet.CONFIG, Packet.FRAMES, Packet.END).index(packet)
    head = 0x17 if key or packet is not Packet.FRAMES else 0x27
    return b"".join((bytes((head, kind)), cts_ms.to_bytes(3, "big", signed=True), data))


def audio_tag(packet: Packet, data: bytes) -> bytes:
    """Return AUDIODATA for AAC: the counterpart of parse_audio."""
    kind = (Packet.CONFIG, Packet.FRAMES).index(packet)
    return b"".join((bytes((_AAC_HEADER, kind)), data))


class TagKind(IntEnum):
    """The TagType of a file, which is also the message type of RTMP."""

    AUDIO = 8
    VIDEO = 9
    SCRIPT = 18


@dataclass(frozen=True, slots=True)
class Tag:
    kind: TagKind
    timestamp_ms: int  # 32 bits, unsigned
    payload: bytes


_FILE_HEADER = b"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"  # audio and video announced; PreviousTagSize0


def read_tags(data: bytes) -> Iterator[Tag]:
    """Return the tags of an FLV file (annex E.2, E.3). Raises BadTag where it is no FLV, or cut off within a tag."""
    if len(data) < 9 or data[:3] != b"FLV":
        raise BadTag("no FLV file")
    at = int.from_bytes(data[5:9], "big") + 4
    while at < len(data):
        head = data[at : at + 11]
        size = int.from_bytes(head[1:4], "big")
        payload = data[at + 11 : at + 11 + size]
        if len(head) < 11 or len(payload) < size:
            raise BadTag("the FLV file ends within a tag")
        if head[0] not in TagKind.__members__.values():
            raise BadTag(f"the FLV file has a tag of the unknown kind {head[0]}")
        yield Tag(TagKind(head[0]), int.from_bytes(head[4:7], "big") | head[7] << 24, payload)
        at += 11 + size + 4


def write_tags(tags: Iterable[Tag]) -> bytes:
    """Return an FLV file: the counterpart of read_tags. Payloads are below 16 MiB."""
    parts = [_FILE_HEADER]
    for tag in tags:
        size, low = len(tag.payload), tag.timestamp_ms & 0xFFFFFF
        head = bytes((tag.kind, *size.to_bytes(3, "big"), *low.to_bytes(3, "big"), tag.timestamp_ms >> 24, 0, 0, 0))
        parts += (head, tag.payload, (11 + size).to_bytes(4, "big"))
    return b"".join(parts)
