"""Every form in which encoders send H.264 and AAC becomes the one that MP4 stores, and libav decodes all of it."""

import io
from collections.abc import Callable, Iterable, Iterator

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import aac, avc, flv, fmp4, nalunits
from media.depacketizers import AccessUnit, AudioDepacketizer, UnusableReason, VideoDepacketizer
from media.errors import Unplayable
from media.flv import Packet, Tag, TagKind
from tests.kit import encodings
from tests.kit.examples import examples
from tests.kit.footage import Recipe, flv_tags

CLIP = flv_tags()
BFRAMES = flv_tags(Recipe(seconds=1, bframes=2))
EMPTY_RECORDS = {
    "no bytes": b"",
    "zeros": bytes(7),
    "no sets": bytes((1, 0x42, 0, 0x1E, 0xFF, 0xE0, 0)),
    "SPS without PPS": b"\1\x64\0\x1e\xff\xe1\0\x04\x67\x64\0\x1e\0",
}


def pictures(tags: Iterable[Tag]) -> tuple[VideoDepacketizer, list[AccessUnit]]:
    taken = VideoDepacketizer()
    frames = [frame for tag in tags if tag.kind is TagKind.VIDEO for frame in taken.receive(tag.payload)]
    return taken, frames


def sounds(tags: Iterable[Tag]) -> tuple[AudioDepacketizer, list[AccessUnit]]:
    taken = AudioDepacketizer()
    frames = [frame for tag in tags if tag.kind is TagKind.AUDIO for frame in taken.receive(tag.payload)]
    return taken, frames


def decoded_pictures(taken: VideoDepacketizer, frames: Iterable[AccessUnit]) -> list[bytes]:
    """Return what libav shows of an MP4 file with these frames, picture by picture."""
    assert taken.track is not None
    samples = [
        fmp4.VideoSample(n * 3000, 3000, frame.cts_ms * 90, frame.key, frame.data) for n, frame in enumerate(frames)
    ]
    file = io.BytesIO(fmp4.init_segment(taken.track, None) + fmp4.part(1, samples, []))
    with av.open(file, "r", options={"err_detect": "explode"}) as container:
        container.streams.video[0].thread_count = 1
        return [bytes(frame.planes[0]) for frame in container.decode(video=0)]


def decoded_sounds(taken: AudioDepacketizer, frames: Iterable[AccessUnit]) -> int:
    """Return how many samples of sound libav decodes of an MP4 file with these frames."""
    assert taken.track is not None
    samples = [fmp4.AudioSample(n * 1024, 1024, frame.data) for n, frame in enumerate(frames)]
    file = io.BytesIO(fmp4.init_segment(None, taken.track) + fmp4.part(1, [], samples))
    with av.open(file, "r", options={"err_detect": "explode"}) as container:
        return sum(frame.samples for frame in container.decode(audio=0))


def sets_behind(record: bytes | None) -> Callable[[Iterable[Tag]], Iterator[Tag]]:
    return lambda tags: encodings.with_sets_in_keyframes(tags, record)


VIDEO_FORMS: dict[str, Callable[[Iterable[Tag]], Iterator[Tag]]] = {
    "as MP4 stores it": iter,
    **{f"empty record ({name}), sets in the keyframes": sets_behind(record) for name, record in EMPTY_RECORDS.items()},
    "no record, sets in the keyframes": sets_behind(None),
    "start codes": encodings.with_start_codes,
    "short start codes": lambda tags: encodings.with_start_codes(tags, code=encodings.SHORT_START),
    "start codes without a header": lambda tags: encodings.with_start_codes(tags, header=False),
}


@pytest.mark.parametrize("form", VIDEO_FORMS)
@pytest.mark.parametrize("clip", [CLIP, BFRAMES], ids=["no B-frames", "B-frames"])
def test_pictures_of_every_form_are_decoded_as_if_they_had_come_well(clip: tuple[Tag, ...], form: str) -> None:
    taken, frames = pictures(VIDEO_FORMS[form](clip))
    well, expected = pictures(clip)
    assert [frame.key for frame in frames] == [frame.key for frame in expected]
    assert decoded_pictures(taken, frames) == decoded_pictures(well, expected)
    assert taken.track is not None
    assert (taken.track.width, taken.track.height) == (320, 180)
    assert taken.unusable_reason is None


@pytest.mark.parametrize("length_size", [1, 2])
def test_start_codes_behind_a_record_of_short_lengths_get_a_record_of_four(length_size: int) -> None:
    tags = list(encodings.with_start_codes(CLIP, header=False))
    sets = encodings.sets_of(CLIP)
    record = bytearray(avc.write_record(sets[:1], sets[1:]))
    record[4] = 0xFC | length_size - 1
    taken, frames = pictures([Tag(TagKind.VIDEO, 0, flv.video_tag(Packet.CONFIG, bytes(record))), *tags])
    assert taken.track is not None
    assert avc.parse_config(taken.track.decoder_config).length_size == 4
    assert decoded_pictures(taken, frames) == decoded_pictures(*pictures(CLIP))


def test_start_codes_behind_a_length_are_taken_apart() -> None:
    def doubled() -> Iterator[Tag]:
        for tag in encodings.with_start_codes(CLIP):
            video = flv.parse_video(tag.payload) if tag.kind is TagKind.VIDEO else None
            if video is not None and video.packet is Packet.FRAMES:
                data = nalunits.join([video.data])
                yield Tag(tag.kind, tag.timestamp_ms, flv.video_tag(Packet.FRAMES, data, key=video.key))
            else:
                yield tag

    assert decoded_pictures(*pictures(doubled())) == decoded_pictures(*pictures(CLIP))


def test_other_parameter_sets_in_a_keyframe_make_another_track_and_the_same_ones_none() -> None:
    taken, _ = pictures(encodings.with_sets_in_keyframes(CLIP))
    before = taken.track
    for tag in encodings.with_sets_in_keyframes(CLIP, None):
        if tag.kind is TagKind.VIDEO:
            taken.receive(tag.payload)
    assert taken.track is before
    for tag in encodings.with_sets_in_keyframes(flv_tags(Recipe(size=(160, 90))), None):
        if tag.kind is TagKind.VIDEO:
            taken.receive(tag.payload)
    assert taken.track is not None
    assert (taken.track.width, taken.track.height) == (160, 90)


def test_pictures_without_parameter_sets_are_left_out_and_the_reason_is_known() -> None:
    taken, frames = pictures(encodings.without_config(CLIP, TagKind.VIDEO))
    assert frames == []
    assert taken.unusable_reason is UnusableReason.NO_CONFIGURATION
    assert taken.unusable == 60


@pytest.mark.parametrize("data", [b"\0\0\0\x09\x65\x88", b"\0\0\0\0\0\0\0\0", b"\xff" * 40, b"\0\0\1", b"\0\0\0\1\0"])
def test_samples_that_no_decoder_takes_are_left_out(data: bytes) -> None:
    taken, _ = pictures(CLIP)
    assert taken.receive(flv.video_tag(Packet.FRAMES, data, key=True)) == ()
    assert taken.unusable_reason is UnusableReason.DAMAGED
    good = next(tag for tag in reversed(CLIP) if tag.kind is TagKind.VIDEO and len(tag.payload) > 5)
    assert len(taken.receive(good.payload)) == 1
    assert taken.unusable_reason is None


def test_what_is_whole_of_a_sample_that_is_cut_off_or_padded_is_kept() -> None:
    taken, _ = pictures(CLIP)
    units = [b"\x09\xf0", b"\x65\x88\x84"]
    for behind in (b"\0", b"\0\0\0\0", b"\0\0\0\x20\x06\x05"):
        (frame,) = taken.receive(flv.video_tag(Packet.FRAMES, nalunits.join(units) + behind, key=True))
        assert frame.data == nalunits.join(units)


def test_a_frame_that_only_claims_to_be_a_keyframe_is_none_and_an_idr_picture_that_does_not_claim_it_is_one() -> None:
    videos = [flv.parse_video(tag.payload) for tag in CLIP if tag.kind is TagKind.VIDEO]
    taken = VideoDepacketizer()
    keys = []
    for video in videos:
        if video.packet is Packet.CONFIG:
            taken.receive(flv.video_tag(Packet.CONFIG, video.data))
        elif video.packet is Packet.FRAMES:
            (frame,) = taken.receive(flv.video_tag(Packet.FRAMES, video.data, key=not video.key))
            keys.append((video.key, frame.key))
    assert len(keys) == 60
    assert all(true == read for true, read in keys)


def test_an_open_gop_begins_at_its_intra_picture() -> None:
    clip = flv_tags(Recipe(seconds=2, audio=False, options=(("x264-params", "open-gop=1:bframes=2"),), bframes=2))
    taken, frames = pictures(clip)
    assert sum(frame.key for frame in frames) >= 2
    assert taken.unusable_reason is None


AUDIO_FORMS: dict[str, Callable[[Iterable[Tag]], Iterator[Tag]]] = {
    "ADTS without a configuration": encodings.with_adts,
    "ADTS with a configuration": lambda tags: encodings.with_adts(tags, config=True),
    "four ADTS frames in a tag": lambda tags: encodings.with_adts(tags, together=4),
}


@pytest.mark.parametrize("form", AUDIO_FORMS)
@pytest.mark.parametrize(("rate", "layout"), [(48_000, "stereo"), (44_100, "mono"), (32_000, "5.1")])
def test_sounds_of_every_form_are_those_that_came_well(rate: int, layout: str, form: str) -> None:
    clip = flv_tags(Recipe(video=False, rate=rate, layout=layout))
    taken, frames = sounds(AUDIO_FORMS[form](clip))
    well, expected = sounds(clip)
    assert [frame.data for frame in frames] == [frame.data for frame in expected[: len(frames)]]
    assert len(expected) - len(frames) < 4
    assert taken.track is not None
    assert well.track is not None
    assert (taken.track.rate, taken.track.channels) == (well.track.rate, well.track.channels)
    assert decoded_sounds(taken, frames) == 1024 * len(frames)
    assert taken.unusable_reason is None


def test_a_configuration_that_contradicts_the_adts_headers_gives_way() -> None:
    taken = AudioDepacketizer()
    taken.receive(flv.audio_tag(Packet.CONFIG, b"\x12\x08"))  # 44.1 kHz, mono
    for tag in encodings.with_adts(flv_tags(Recipe(video=False))):
        if tag.kind is TagKind.AUDIO:
            taken.receive(tag.payload)
    assert taken.track is not None
    assert (taken.track.rate, taken.track.channels) == (48_000, 2)


def test_sound_without_a_configuration_is_left_out_and_the_reason_is_known() -> None:
    taken, frames = sounds(encodings.without_config(CLIP, TagKind.AUDIO))
    assert frames == []
    assert taken.unusable_reason is UnusableReason.NO_CONFIGURATION
    assert taken.receive(b"\xaf\0") == ()


ADTS = encodings.adts(b"\x11\x90", bytes(range(20)))


@pytest.mark.parametrize(
    "data",
    [
        ADTS[:-1],
        ADTS + b"\1",
        ADTS + ADTS[:9],
        ADTS[:6] + b"\xfd" + ADTS[7:],
        ADTS[:2] + b"\x7c" + ADTS[3:],
        ADTS * 17,
        ADTS[:3] + b"\0\0\xff\xfc",
    ],
    ids=["cut off", "something behind", "second cut off", "two blocks", "rate 15", "17 frames", "shorter than itself"],
)
def test_adts_that_no_decoder_takes_is_left_out(data: bytes) -> None:
    taken = AudioDepacketizer()
    assert taken.receive(flv.audio_tag(Packet.FRAMES, data)) == ()
    assert taken.unusable_reason is UnusableReason.DAMAGED


def test_adts_with_a_checksum_loses_it_too() -> None:
    frame = bytes(range(20))
    head = bytearray(encodings.adts(b"\x11\x90", b"\0\0" + frame))
    head[1] = 0xF0
    (taken,) = AudioDepacketizer().receive(flv.audio_tag(Packet.FRAMES, bytes(head)))
    assert taken.data == frame


def test_an_adts_header_whose_speakers_are_not_told_is_refused_with_words() -> None:
    with pytest.raises(Unplayable, match="custom one"):
        AudioDepacketizer().receive(flv.audio_tag(Packet.FRAMES, encodings.adts(b"\x11\x80", bytes(20))))


def test_speakers_that_the_configuration_tells_need_not_be_told_again_by_adts() -> None:
    depacketizer = AudioDepacketizer()
    depacketizer.receive(flv.audio_tag(Packet.CONFIG, b"\x11\x90"))
    track = depacketizer.track
    (taken,) = depacketizer.receive(flv.audio_tag(Packet.FRAMES, encodings.adts(b"\x11\x80", bytes(20))))
    assert taken.data == bytes(20)
    assert depacketizer.track is track is not None


@given(st.binary(max_size=200), st.booleans(), st.sampled_from(["raw", "codes", "adts"]))
@examples(300)
def test_whatever_comes_is_taken_left_out_or_refused_and_what_is_taken_is_well_framed(
    data: bytes, key: bool, form: str
) -> None:
    video, _ = pictures(CLIP[:4])
    audio, _ = sounds(CLIP[:4])
    body = b"\0\0\0\1" + data if form == "codes" else data
    try:
        for frame in video.receive(flv.video_tag(Packet.FRAMES, body, key=key)):
            assert video.track is not None
            size = avc.parse_config(video.track.decoder_config).length_size
            assert nalunits.walk(frame.data, size)
    except Unplayable:
        pass
    try:
        body = ADTS[:7] + data if form == "adts" else data
        for frame in audio.receive(flv.audio_tag(Packet.FRAMES, body)):
            assert frame.data
            assert frame.data in body
    except Unplayable:
        pass


def test_a_written_record_is_read_as_it_was_meant() -> None:
    sets = encodings.sets_of(CLIP)
    config = avc.parse_config(avc.write_record(sets[:1], sets[1:]))
    assert (config.sps, config.pps, config.length_size) == (sets[:1], sets[1:], 4)
    for sps, pps in (((), sets[1:]), (sets[:1], ()), ((b"\x67\x64",), sets[1:]), (sets[:1] * 32, sets[1:])):
        with pytest.raises(avc.BadConfig):
            avc.write_record(sps, pps)


def test_aac_says_which_layout_its_channels_have() -> None:
    assert aac.channel_configuration(b"\x11\x90") == 2
    assert aac.channel_configuration(encodings.asc_of(flv_tags(Recipe(video=False, layout="5.1")))) == 6
