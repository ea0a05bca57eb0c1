import itertools
from collections.abc import Iterable
from dataclasses import replace

import pytest

from media import avc, black_frame, flv, nalunits
from media.errors import Unplayable
from media.hub import Hub, Tracks
from media.ingest import HELD_BYTES, WAIT_MS, Ingest, IngestCallbacks
from media.rtmp.publication import EndReason
from media.stream_health import StreamWarning, WarningCode
from media.track import Kind, Sample
from tests.kit import encodings
from tests.kit.footage import Recipe, flv_tags

CLIP = flv_tags()
METADATA = {"videocodecid": 7.0, "audiocodecid": 10.0, "framerate": 30.0, "videodatarate": 300.0, "encoder": "Lavf"}


class Sheet:
    """A tap that writes down what it is given."""

    def __init__(self) -> None:
        self.epochs: list[Tracks] = []
        self.samples: list[Sample] = []

    def start(self, tracks: Tracks) -> None:
        self.epochs.append(tracks)

    def put(self, sample: Sample) -> None:
        self.samples.append(sample)

    def of(self, kind: Kind) -> list[Sample]:
        return [sample for sample in self.samples if sample.kind is kind]


def ingest(start_ms: int = 0) -> tuple[Ingest, Sheet]:
    hub, sheet = Hub(), Sheet()
    hub.tap(sheet)
    return Ingest(lambda: (hub, start_ms)), sheet


def feed(to: Ingest, tags: Iterable[flv.Tag], *, later_ms: int = 0) -> None:
    for tag in tags:
        stamp = tag.timestamp_ms + later_ms & 0xFFFFFFFF
        if tag.kind is flv.TagKind.VIDEO:
            to.video(stamp, tag.payload)
        elif tag.kind is flv.TagKind.AUDIO:
            to.audio(stamp, tag.payload)


class Watch:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def video(tags: Iterable[flv.Tag]) -> list[flv.Tag]:
    return [tag for tag in tags if tag.kind is flv.TagKind.VIDEO]


def audio(tags: Iterable[flv.Tag]) -> list[flv.Tag]:
    return [tag for tag in tags if tag.kind is flv.TagKind.AUDIO]


def test_a_clip_comes_through_whole() -> None:
    taken, sheet = ingest()
    taken.metadata(METADATA)
    feed(taken, CLIP)
    assert len(sheet.epochs) == 1
    assert sheet.epochs[0].video is not None
    assert sheet.epochs[0].audio is not None
    assert len(sheet.of(Kind.VIDEO)) == 60
    assert sheet.samples[0].key
    assert sheet.samples[0].dts_ms == 0
    assert len(sheet.of(Kind.AUDIO)) >= 90


def test_the_timeline_begins_where_the_broadcast_is() -> None:
    taken, sheet = ingest(start_ms=90_000)
    feed(taken, CLIP, later_ms=3_000_000)
    assert sheet.samples[0].dts_ms == 90_000
    assert sheet.samples[-1].dts_ms == pytest.approx(92_000, abs=60)


def test_an_encoder_that_returns_is_not_told_that_keyframes_were_missing_while_it_was_away() -> None:
    on_warning = list[StreamWarning]()
    taken = Ingest(lambda: (Hub(), 90_000), IngestCallbacks(warning=on_warning.append))
    feed(taken, CLIP)
    assert (on_warning, taken.warnings) == ([], ())


def test_pictures_wait_for_the_sounds_configuration_and_lose_nothing() -> None:
    taken, sheet = ingest()
    pictures, tones = video(CLIP), audio(CLIP)
    feed(taken, pictures[:10])
    assert sheet.epochs == []
    feed(taken, tones[:1])
    feed(taken, pictures[10:11])
    assert taken.started
    assert sheet.epochs[0].audio is not None
    assert len(sheet.of(Kind.VIDEO)) == 10


def test_metadata_that_names_no_sound_starts_at_the_first_keyframe() -> None:
    taken, sheet = ingest()
    taken.metadata({"videocodecid": 7.0})
    feed(taken, video(CLIP)[:2])
    assert sheet.epochs == [Tracks(sheet.epochs[0].video, None)]
    assert len(sheet.samples) == 1


def test_without_metadata_and_without_sound_the_wait_ends() -> None:
    taken, sheet = ingest()
    feed(taken, flv_tags(Recipe(audio=False)))
    assert sheet.epochs[0].audio is None
    assert len(sheet.samples) == 60
    assert sheet.samples[1].dts_ms < WAIT_MS


def test_sound_alone_is_taken_after_the_wait() -> None:
    taken, sheet = ingest()
    feed(taken, flv_tags(Recipe(video=False)))
    assert sheet.epochs[0].video is None
    assert len(sheet.samples) >= 90


def test_sound_that_comes_late_begins_a_new_run_at_the_next_keyframe() -> None:
    taken, sheet = ingest()
    pictures = video(flv_tags(Recipe(seconds=3)))
    feed(taken, pictures[:40])
    feed(taken, audio(CLIP)[:3], later_ms=1_300)
    assert len(sheet.epochs) == 1
    feed(taken, pictures[40:])
    assert len(sheet.epochs) == 2
    assert sheet.epochs[1].audio is not None
    (first,) = [sample for sample in sheet.of(Kind.VIDEO) if sample.dts_ms == 2_000]
    assert first.key
    assert all(sample.dts_ms >= 2_000 for sample in sheet.of(Kind.AUDIO))


def test_another_resolution_in_mid_stream_begins_a_new_run_at_its_first_keyframe() -> None:
    taken, sheet = ingest()
    feed(taken, CLIP)
    feed(taken, flv_tags(Recipe(size=(160, 90))), later_ms=2_000)
    assert [(run.video.width, run.video.height) for run in sheet.epochs if run.video] == [(320, 180), (160, 90)]
    assert len(sheet.of(Kind.VIDEO)) == 120


def test_a_configuration_that_is_sent_again_changes_nothing() -> None:
    taken, sheet = ingest()
    feed(taken, CLIP)
    feed(taken, [CLIP[1], CLIP[2]])
    feed(taken, video(flv_tags())[1:], later_ms=2_000)
    assert len(sheet.epochs) == 1


def test_a_record_and_keyframes_that_say_different_things_in_turns_make_one_run() -> None:
    taken, sheet = ingest()
    taken.metadata({"videocodecid": 7.0})
    config = avc.parse_config(black_frame.TRACK.decoder_config)
    (sps,), (pps,) = config.sps, config.pps
    record = avc.write_record([sps[:3] + b"\x1e" + sps[4:]], [pps])  # another level
    picture = nalunits.join([sps, pps]) + black_frame.KEYFRAME
    for n in range(5):
        taken.video(n * 1000, flv.video_tag(flv.Packet.CONFIG, record))
        taken.video(n * 1000, flv.video_tag(flv.Packet.FRAMES, picture, key=True))
    assert [run.video for run in sheet.epochs] == [black_frame.TRACK]
    assert len(sheet.samples) == 5


def test_a_clock_that_jumps_ahead_by_hours_begins_a_new_run_and_leaves_no_hole() -> None:
    taken, sheet = ingest()
    feed(taken, CLIP)
    feed(taken, video(CLIP)[1:] + audio(CLIP)[1:], later_ms=5 * 3_600_000)
    assert len(sheet.epochs) == 2
    assert sheet.samples[-1].dts_ms < 10_000


def test_a_clock_that_goes_back_begins_a_new_run() -> None:
    taken, sheet = ingest()
    feed(taken, CLIP, later_ms=600_000)
    feed(taken, CLIP)
    assert len(sheet.epochs) == 2
    stamps = [sample.dts_ms for sample in sheet.of(Kind.VIDEO)]
    assert stamps == sorted(set(stamps))


def test_nothing_begins_without_a_keyframe_and_memory_stays_bounded() -> None:
    taken, sheet = ingest()
    pictures = video(CLIP)
    feed(taken, pictures[:1])
    delta = replace(pictures[2], timestamp_ms=0)
    for n in range(5_000):
        feed(taken, [delta], later_ms=n * 33)
    assert not taken.started
    assert sheet.samples == []
    assert len(taken._held) <= 2_001
    assert [warning.code for warning in taken.warnings] == [WarningCode.NO_KEYFRAMES]


def test_what_waits_for_the_other_track_is_bounded_in_bytes_too() -> None:
    taken, sheet = ingest()
    feed(taken, video(CLIP)[:1])
    data = nalunits.join([b"\x65" + bytes([0x88]) * (HELD_BYTES // 4)])
    for _ in range(4):  # all at one time: by the timestamps nothing has waited yet
        assert not taken.started
        taken.video(0, flv.video_tag(flv.Packet.FRAMES, data, key=True))
    assert taken.started
    assert len(sheet.samples) == 4


def test_a_long_keyframe_distance_is_warned_of_and_taken_back() -> None:
    watch, on_warning = Watch(), list[StreamWarning]()
    hub = Hub()
    taken = Ingest(lambda: (hub, 0), IngestCallbacks(on_warning.append), watch)
    long = flv_tags(Recipe(seconds=11, fps=10, gop=50, audio=False))
    feed(taken, long)
    warning = StreamWarning(WarningCode.KEYFRAMES_FAR, (("seconds", 5.0),))
    assert list(taken.warnings) == [warning]
    for n in range(8):
        watch.seconds += 2
        feed(taken, video(CLIP)[1:], later_ms=11_000 + 2_000 * n)
    assert list(taken.warnings) == []
    assert on_warning == [warning]


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"\x90hvc1" + bytes(30), "HEVC"),
        (b"\x90av01" + bytes(30), "AV1"),
        (b"\x12" + bytes(30), "Sorenson"),
        (b"\x17\0\0\0\0\1", "H.264 configuration"),
    ],
)
def test_video_that_cannot_be_played_is_refused_with_the_reason(payload: bytes, text: str) -> None:
    taken, _ = ingest()
    with pytest.raises(Unplayable, match=text):
        taken.video(0, payload)


@pytest.mark.parametrize(
    ("payload", "text"),
    [(b"\x2f" + bytes(30), "MP3"), (b"\xb6" + bytes(30), "Speex"), (b"\xaf\0\0", "AAC configuration")],
)
def test_audio_that_cannot_be_played_is_refused_with_the_reason(payload: bytes, text: str) -> None:
    taken, _ = ingest()
    with pytest.raises(Unplayable, match=text):
        taken.audio(0, payload)


CUT_OFF = {flv.TagKind.VIDEO: b"\x17\0", flv.TagKind.AUDIO: b"\xaf"}  # headers without all of their bytes


@pytest.mark.parametrize("kind", CUT_OFF)
def test_a_tag_with_a_damaged_header_is_left_out_and_the_publish_goes_on(kind: flv.TagKind) -> None:
    odd, well = ingest(), ingest()
    for tag in CLIP:
        feed(well[0], [tag])
        feed(odd[0], [replace(tag, kind=kind, payload=CUT_OFF[kind]), tag])
    assert odd[1].samples == well[1].samples
    assert odd[1].epochs == well[1].epochs
    assert odd[0].warnings == ()


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (flv.TagKind.VIDEO, WarningCode.VIDEO_UNUSABLE),
        (flv.TagKind.AUDIO, WarningCode.AUDIO_UNUSABLE),
    ],
)
def test_damaged_headers_in_a_row_are_counted_in_a_warning(kind: flv.TagKind, code: WarningCode) -> None:
    watch, on_warning = Watch(), list[StreamWarning]()
    hub = Hub()
    taken = Ingest(lambda: (hub, 0), IngestCallbacks(on_warning.append), watch)
    feed(taken, CLIP)
    for tag in CLIP:
        watch.seconds += 0.02
        feed(taken, [replace(tag, payload=CUT_OFF[kind]) if tag.kind is kind else tag], later_ms=2_000)
    (warning,) = [warning for warning in on_warning if warning.code is code]
    assert dict(warning.values)["frames"] >= 10
    assert taken.started


def test_a_publisher_of_nothing_but_damaged_headers_is_told_after_five_seconds() -> None:
    watch, refused = Watch(), list[str]()
    taken = Ingest(lambda: (Hub(), 0), IngestCallbacks(unplayable=refused.append), watch)
    taken.video(0, CUT_OFF[flv.TagKind.VIDEO])
    watch.seconds = 5.1
    with pytest.raises(Unplayable, match="not whole H"):
        taken.video(5_100, CUT_OFF[flv.TagKind.VIDEO])
    assert len(refused) == 1
    assert "not whole H.264" in refused[0]


def test_the_end_of_the_publish_is_handed_on() -> None:
    ends = list[tuple[EndReason, str]]()
    taken = Ingest(lambda: (Hub(), 0), IngestCallbacks(ended=lambda end, why: ends.append((end, why))))
    taken.ended(EndReason.FINISHED, "FCUnpublish")
    assert ends == [(EndReason.FINISHED, "FCUnpublish")]


def test_silence_is_counted_from_the_newest_tag_with_something_in_it() -> None:
    watch = Watch()
    taken = Ingest(lambda: (Hub(), 0), now=watch)
    watch.seconds = 2
    assert taken.silent_s() == 2
    feed(taken, CLIP[:3])
    watch.seconds = 3
    taken.audio(0, b"")
    assert taken.silent_s() == 1


def test_ten_bit_video_is_refused_with_the_reason() -> None:
    taken, _ = ingest()
    with pytest.raises(Unplayable, match="10 bits per colour is not playable"):
        feed(taken, flv_tags(Recipe(profile="high10", pixels="yuv420p10le")))


def test_empty_payloads_and_frames_without_data_are_passed_over() -> None:
    taken, sheet = ingest()
    feed(taken, CLIP)
    before = len(sheet.samples)
    taken.video(2_000, b"")
    taken.audio(2_000, b"")
    taken.video(2_000, b"\x27\1\0\0\0")
    taken.audio(2_000, b"\xaf\1")
    assert len(sheet.samples) == before


def test_details_come_from_metadata_and_from_the_configuration() -> None:
    taken, _ = ingest()
    taken.metadata({**METADATA, "width": "wide", "framerate": float("nan"), "encoder": "OBS" * 200})
    feed(taken, CLIP)
    details = taken.details
    assert (details.width, details.height, details.video_codec, details.audio_codec) == (320, 180, "H.264", "AAC")
    assert (details.video_kbps, details.framerate, len(details.software)) == (300, 0.0, 200)


NOTHING = {
    "no SPS and PPS": (list(encodings.without_config(video(CLIP), flv.TagKind.VIDEO)), "no H.264 configuration"),
    "no AAC configuration": (list(encodings.without_config(audio(CLIP), flv.TagKind.AUDIO)), "no AAC configuration"),
    "pictures of noise": (
        [CLIP[1], *(replace(CLIP[1], payload=b"\x17\1\0\0\0" + b"\xff" * 30) for _ in range(60))],
        "not whole H.264",
    ),
    "sounds of noise": ([replace(CLIP[2], payload=b"\xaf\1\xff\xf1" + bytes(30)) for _ in range(60)], "not whole AAC"),
}


@pytest.mark.parametrize("case", NOTHING)
def test_a_publisher_that_sends_nothing_playable_for_five_seconds_is_told_why(case: str) -> None:
    tags, reason = NOTHING[case]
    watch = Watch()
    taken = Ingest(lambda: (Hub(), 0), now=watch)
    feed(taken, tags[:50])
    watch.seconds = 4.9
    feed(taken, tags[50:51], later_ms=2_000)
    watch.seconds = 5.1
    with pytest.raises(Unplayable, match=reason):
        feed(taken, tags[51:], later_ms=2_000)


def test_a_publisher_without_a_keyframe_may_be_one_with_ten_seconds_between_them_and_is_told_after_twenty() -> None:
    watch = Watch()
    taken = Ingest(lambda: (Hub(), 0), now=watch)
    pictures = video(CLIP)
    feed(taken, pictures[:1])
    feed(taken, pictures[2:20])
    watch.seconds = 19
    feed(taken, pictures[20:21])
    watch.seconds = 21
    with pytest.raises(Unplayable, match="keyframe"):
        feed(taken, pictures[21:22])


def test_an_ingest_that_has_started_is_not_given_up_later() -> None:
    watch = Watch()
    hub = Hub()
    taken = Ingest(lambda: (hub, 0), now=watch)
    feed(taken, CLIP)
    watch.seconds = 3_600
    feed(taken, [replace(CLIP[1], payload=b"\x27\1\0\0\0" + b"\xff" * 30)], later_ms=2_000)
    assert taken.started


FORMS = {
    "sets in the keyframes, ADTS": lambda tags: encodings.with_adts(encodings.with_sets_in_keyframes(tags)),
    "start codes, no headers": lambda tags: encodings.with_adts(encodings.with_start_codes(tags, header=False)),
}


@pytest.mark.parametrize("form", FORMS)
def test_odd_forms_give_the_same_samples_and_tracks(form: str) -> None:
    odd, well = ingest(), ingest()
    feed(odd[0], FORMS[form](CLIP))
    feed(well[0], CLIP)
    for kind in Kind:
        assert [(s.dts_ms, s.key, s.cts_ms) for s in odd[1].of(kind)] == [
            (s.dts_ms, s.key, s.cts_ms) for s in well[1].of(kind)
        ]
    assert len(odd[1].epochs) == 1
    assert odd[1].epochs[0].video is not None
    assert odd[1].epochs[0].audio is not None


@pytest.mark.parametrize("sound_ms", [5_000, -1_700_000_000_000])
def test_clocks_far_apart_make_one_run_with_everything_in_it(sound_ms: int) -> None:
    taken, sheet = ingest()
    for tag in CLIP:
        feed(taken, [tag], later_ms=sound_ms if tag.kind is flv.TagKind.AUDIO else 0)
    assert len(sheet.epochs) == 1
    assert len(sheet.of(Kind.VIDEO)) == 60
    assert len(sheet.of(Kind.AUDIO)) >= 90
    assert abs(sheet.of(Kind.AUDIO)[-1].dts_ms - sheet.of(Kind.VIDEO)[-1].dts_ms) < 60


def test_clocks_that_step_back_two_seconds_lose_nothing_and_begin_a_new_run_at_the_next_keyframe() -> None:
    taken, sheet = ingest()
    feed(taken, CLIP, later_ms=600_000)
    feed(taken, [tag for tag in CLIP if tag.timestamp_ms > 500], later_ms=600_000)
    assert len(sheet.epochs) == 2
    assert len(sheet.of(Kind.VIDEO)) == 60 + 45
    pictures = [sample.dts_ms for sample in sheet.of(Kind.VIDEO)]
    assert {after - before for before, after in itertools.pairwise(pictures)} <= {
        33,
        34,
        48,
    }  # the sound stepped first, and the picture joined it
    tones = [sample.dts_ms for sample in sheet.of(Kind.AUDIO)]
    assert max(after - before for before, after in itertools.pairwise(tones)) <= 43
