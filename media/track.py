"""The description of a track, and its samples.

Times are integers, in the unit that the name says. RTMP counts milliseconds, and so does the library, until a sample is
written into a container.
"""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    VIDEO = "video"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """H.264 video. `decoder_config` is the AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1) as it arrived."""

    decoder_config: bytes
    codec: str  # RFC 6381, for example "avc1.64001f"
    width: int  # of the picture as shown: cropping applied
    height: int


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """AAC audio. `decoder_config` is the AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) as it arrived."""

    decoder_config: bytes
    codec: str  # RFC 6381, for example "mp4a.40.2"
    rate: int  # samples per second as decoded without SBR: the container's timescale
    channels: int
    frame_length: int = 1024  # samples per access unit: 1024, or 960 (frameLengthFlag, ISO/IEC 14496-3, 4.4.1)


Track = VideoTrack | AudioTrack


@dataclass(frozen=True, slots=True)
class Sample:
    """One access unit as MP4 stores it: H.264 with the length prefixes that `decoder_config` announces, AAC raw.

    `dts_ms` is the decoding time and grows within a track; `cts_ms` is presentation minus decoding time, and may be
    negative. Decoding can begin with a `key` sample.
    """

    kind: Kind
    dts_ms: int
    data: bytes
    key: bool = True
    cts_ms: int = 0
