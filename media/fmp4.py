"""Fragmented MP4 (ISO/IEC 14496-12) for HLS: the init segment of one or two tracks, and parts of one moof and one mdat.

Written by hand, because it is 150 lines, takes a tenth of a muxer's time, and cuts exactly where it is told to. Which
samples make a part, and with what times, is decided in media/package.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct, pack

from media import avc
from media.track import AudioTrack, VideoTrack

VIDEO_TIMESCALE = 90_000  # audio counts in its own sample rate
VIDEO_ID, AUDIO_ID = 1, 2  # track_ID, the same whether or not the other track exists


@dataclass(frozen=True, slots=True)
class VideoSample:
    """One access unit; times in 1/90000 s. `cts_90k` is presentation minus decoding time, within 32 bits signed."""

    dts_90k: int
    duration_90k: int
    cts_90k: int
    key: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class AudioSample:
    """One access unit; times in samples of the track's rate."""

    dts: int
    duration: int
    data: bytes


def init_segment(video: VideoTrack | None, audio: AudioTrack | None) -> bytes:
    """Return ftyp and moov for the tracks that are given, at least one. Raises avc.BadConfig for an H.264
    `decoder_config` that cannot be read."""
    traks, trexs = [], []
    if video:
        traks.append(_video_trak(video))
        trexs.append(_full(b"trex", 0, 0, pack(">5I", VIDEO_ID, 1, 0, 0, NO_KEY)))
    if audio:
        traks.append(_audio_trak(audio))
        trexs.append(_full(b"trex", 0, 0, pack(">5I", AUDIO_ID, 1, audio.frame_length, 0, KEY)))
    if not traks:
        raise ValueError("an init segment needs a track")
    mvhd = _full(b"mvhd", 0, 0, pack(">4IIH10x", 0, 0, 1000, 0, 0x10000, 0x100), MATRIX, bytes(24), pack(">I", 3))
    return b"".join((FTYP, _box(b"moov", mvhd, *traks, _box(b"mvex", *trexs))))


# iso6: a signed composition offset and offsets counted from the moof. Not cmfc: two tracks in one file is not CMAF
FTYP = pack(">I", 28) + b"ftypiso6\0\0\0\0iso6isommp41"
MATRIX = pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)  # no rotation
KEY = 0x02000000  # sample_depends_on: no other
NO_KEY = 0x01010000  # depends on others, and is no sync sample
UNDETERMINED = 0x55C4  # the language "und", 5 bits a letter


def _box(kind: bytes, *body: bytes) -> bytes:
    return b"".join((pack(">I", 8 + sum(map(len, body))), kind, *body))


def _full(kind: bytes, version: int, flags: int, *body: bytes) -> bytes:
    return _box(kind, pack(">I", version << 24 | flags), *body)


def _video_trak(track: VideoTrack) -> bytes:
    width, height = track.width, track.height
    across, down = avc.parse_config(track.decoder_config).picture.sar
    entry = _box(
        b"avc1",
        pack(">6xH16xHHIII", 1, width, height, 0x480000, 0x480000, 0),  # 72 dpi
        pack(">H32xHh", 1, 24, -1),  # one frame a sample, no compressor name, 24 bit colour, no colour table
        _box(b"avcC", track.decoder_config),
        # without it Chromium takes the size from the tkhd and never looks into the SPS
        _box(b"pasp", pack(">II", across, down)),
    )
    media_header = _full(b"vmhd", 0, 1, bytes(8))
    shape = pack(">II", min((width << 16) * across // down, 0xFFFFFFFF), height << 16)  # 16.16, as shown
    return _trak(VIDEO_ID, VIDEO_TIMESCALE, b"vide", b"Video\0", shape, _minf(media_header, entry))


def _audio_trak(track: AudioTrack) -> bytes:
    # 16.16 fixed point has no room for 88.2 and 96 kHz; 0 sends the reader to the esds, as libav's muxer does
    rate = track.rate << 16 if track.rate < 0x10000 else 0
    head = pack(">6xH8xHHII", 1, track.channels, 16, 0, rate)
    entry = _box(b"mp4a", head, _esds(track.decoder_config))
    media_header = _full(b"smhd", 0, 0, bytes(4))
    return _trak(AUDIO_ID, track.rate, b"soun", b"Audio\0", bytes(8), _minf(media_header, entry))


def _trak(number: int, timescale: int, handler: bytes, name: bytes, shape: bytes, minf: bytes) -> bytes:
    volume = 0x100 if handler == b"soun" else 0
    tkhd = _full(b"tkhd", 0, 3, pack(">5I8x4h", 0, 0, number, 0, 0, 0, 0, volume, 0), MATRIX, shape)
    mdhd = _full(b"mdhd", 0, 0, pack(">4IHH", 0, 0, timescale, 0, UNDETERMINED, 0))
    hdlr = _full(b"hdlr", 0, 0, bytes(4), handler, bytes(12), name)
    return _box(b"trak", tkhd, _box(b"mdia", mdhd, hdlr, minf))


def _minf(media_header: bytes, entry: bytes) -> bytes:
    """Return a minf box. Its sample tables are mandatory, and empty because the samples are in the parts."""
    here = _full(b"dref", 0, 0, pack(">I", 1), _full(b"url ", 0, 1))
    tables = [_full(kind, 0, 0, bytes(size)) for kind, size in ((b"stts", 4), (b"stsc", 4), (b"stsz", 8), (b"stco", 4))]
    stbl = _box(b"stbl", _full(b"stsd", 0, 0, pack(">I", 1), entry), *tables)
    return _box(b"minf", media_header, _box(b"dinf", here), stbl)


def _esds(asc: bytes) -> bytes:
    """Return an esds: an ES descriptor (ISO/IEC 14496-1, 7.2.6) around an AudioSpecificConfig. SL config 2 is "MP4"."""
    # MPEG-4 audio; an audio stream, no buffer size and bit rates told
    config = _descriptor(4, pack(">BB11x", 0x40, 0x15), _descriptor(5, asc))
    return _full(b"esds", 0, 0, _descriptor(3, pack(">HB", AUDIO_ID, 0), config, _descriptor(6, b"\x02")))


def _descriptor(tag: int, *body: bytes) -> bytes:
    """Return a descriptor with its size in four 7-bit groups, as every muxer writes it."""
    size = sum(map(len, body))
    groups = (0x80 | size >> 21 & 0x7F, 0x80 | size >> 14 & 0x7F, 0x80 | size >> 7 & 0x7F, size & 0x7F)
    return b"".join((bytes((tag, *groups)), *body))


# one pack each instead of a box within a box within a box: this runs several times a second for every broadcast
_MOOF = Struct(">I4sI4sII")  # moof, mfhd
_TRAF = Struct(">I4sI4sIII4sIQI4sIIi")  # traf, tfhd, tfdt, trun up to its rows
_MDAT = Struct(">I4s")
_VIDEO_ROW, _AUDIO_ROW = 16, 8
_VIDEO_TRUN, _AUDIO_TRUN = 0x01000F01, 0x00000301  # version, flags: offset, then duration, size, [flags, cts] by sample
_BASE_IS_MOOF = 0x020000


def part(sequence: int, video: Sequence[VideoSample], audio: Sequence[AudioSample]) -> bytes:
    """Return one moof and its mdat with these samples, at least one; `sequence` grows from part to part.

    The first sample of each track says when the part begins; the durations say the rest. Sample data is copied once.
    """
    if not video and not audio:
        raise ValueError("a part needs a sample")
    moof_size = _MOOF.size
    moof_size += _TRAF.size + _VIDEO_ROW * len(video) if video else 0
    moof_size += _TRAF.size + _AUDIO_ROW * len(audio) if audio else 0
    out = [_MOOF.pack(moof_size, b"moof", 16, b"mfhd", 0, sequence)]
    at = moof_size + _MDAT.size  # data offsets count from the start of the moof
    if video:
        rows: list[int] = []
        for sample in video:
            rows += (sample.duration_90k, len(sample.data), KEY if sample.key else NO_KEY, sample.cts_90k)
        out.append(_traf(VIDEO_ID, video[0].dts_90k, _VIDEO_TRUN, len(video), _VIDEO_ROW, at))
        out.append(pack(">" + "IIIi" * len(video), *rows))
        at += sum(rows[1::4])
    if audio:
        rows = []
        for frame in audio:
            rows += (frame.duration, len(frame.data))
        out.append(_traf(AUDIO_ID, audio[0].dts, _AUDIO_TRUN, len(audio), _AUDIO_ROW, at))
        out.append(pack(f">{len(rows)}I", *rows))
        at += sum(rows[1::2])
    out.append(_MDAT.pack(at - moof_size, b"mdat"))
    out += [sample.data for sample in video]
    out += [frame.data for frame in audio]
    return b"".join(out)


def _traf(number: int, begin: int, trun: int, count: int, row: int, at: int) -> bytes:
    """Return a traf without the rows of its trun. tfdt is version 1: its time has 64 bits."""
    size = 20 + row * count
    head = (_TRAF.size + row * count, b"traf", 16, b"tfhd", _BASE_IS_MOOF, number, 20, b"tfdt", 1 << 24, begin)
    return _TRAF.pack(*head, size, b"trun", trun, count, at)
