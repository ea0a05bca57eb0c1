"""FLV tags as odd encoders write them, made of tags that libav wrote well: the same media in other forms."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from media import avc, flv, nalunits
from media.flv import Packet, Tag, TagKind

START, SHORT_START = b"\0\0\0\1", b"\0\0\1"


def sets_of(tags: Iterable[Tag]) -> tuple[bytes, ...]:
    """The SPS and PPS of the sequence header."""
    config = avc.parse_config(next(video.data for video in _videos(tags) if video.packet is Packet.CONFIG))
    return (*config.sps, *config.pps)


def asc_of(tags: Iterable[Tag]) -> bytes:
    """The AudioSpecificConfig of the sequence header."""
    sounds = (flv.parse_audio(tag.payload) for tag in tags if tag.kind is TagKind.AUDIO)
    return next(sound.data for sound in sounds if sound.packet is Packet.CONFIG)


def with_sets_in_keyframes(tags: Iterable[Tag], record: bytes | None = b"") -> Iterator[Tag]:
    """SPS and PPS before each keyframe, and `record` as the sequence header; None for no header at all."""
    tags = tuple(tags)
    sets = nalunits.join(sets_of(tags))
    for tag, video in _pairs(tags):
        if video is None or video.packet is Packet.END:
            yield tag
        elif video.packet is Packet.CONFIG:
            if record is not None:
                yield _written(tag, video, record)
        else:
            yield _written(tag, video, (sets if video.key else b"") + video.data)


def with_start_codes(tags: Iterable[Tag], *, code: bytes = START, header: bool = True) -> Iterator[Tag]:
    """Annex B: the samples, and with `header` the sequence header too, behind start codes."""
    tags = tuple(tags)
    sets = code + code.join(sets_of(tags))
    for tag, video in _pairs(tags):
        if video is None:
            yield tag
        elif video.packet is Packet.CONFIG:
            if header:
                yield _written(tag, video, sets)
        elif video.packet is Packet.FRAMES:
            inside = code + code.join(nalunits.units(video.data, 4))
            yield _written(tag, video, (sets if video.key else b"") + inside)


def with_adts(tags: Iterable[Tag], *, config: bool = False, together: int = 1) -> Iterator[Tag]:
    """ADTS headers on the sound's frames, `together` of them in a tag; without `config` no AudioSpecificConfig."""
    tags = tuple(tags)
    asc, waiting = asc_of(tags), []
    for tag in tags:
        sound = flv.parse_audio(tag.payload) if tag.kind is TagKind.AUDIO else None
        if sound is None or sound.packet is not Packet.FRAMES:
            if sound is None or config:
                yield tag
            continue
        waiting.append((tag, adts(asc, sound.data)))
        if len(waiting) == together:
            yield replace(waiting[0][0], payload=flv.audio_tag(Packet.FRAMES, b"".join(data for _, data in waiting)))
            waiting = []


def without_config(tags: Iterable[Tag], kind: TagKind) -> Iterator[Tag]:
    """The tags without the sequence header of one track."""
    parse = flv.parse_video if kind is TagKind.VIDEO else flv.parse_audio
    return (tag for tag in tags if tag.kind is not kind or parse(tag.payload).packet is not Packet.CONFIG)


def adts(asc: bytes, frame: bytes) -> bytes:
    """One frame behind the header that says what `asc` says."""
    number = int.from_bytes(asc[:2], "big")
    kind, rate, channels = number >> 11, number >> 7 & 15, number >> 3 & 15
    size = len(frame) + 7
    head = (0xFF, 0xF1, kind - 1 << 6 | rate << 2 | channels >> 2, (channels & 3) << 6 | size >> 11)
    return bytes((*head, size >> 3 & 0xFF, (size & 7) << 5 | 0x1F, 0xFC)) + frame


def _pairs(tags: Iterable[Tag]) -> Iterator[tuple[Tag, flv.VideoTag | None]]:
    return ((tag, flv.parse_video(tag.payload) if tag.kind is TagKind.VIDEO else None) for tag in tags)


def _videos(tags: Iterable[Tag]) -> Iterator[flv.VideoTag]:
    return (video for _, video in _pairs(tags) if video is not None)


def _written(tag: Tag, video: flv.VideoTag, data: bytes) -> Tag:
    return replace(tag, payload=flv.video_tag(video.packet, data, key=video.key, cts_ms=video.cts_ms))
