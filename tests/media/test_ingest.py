from collections.abc import Iterable
from dataclasses import replace

import pytest

from media import flv
from media.hub import Hub, Tracks
from media.ingest import WAIT_MS, Ingest
from media.rtmp.server import Unplayable
from media.track import Kind, Sample
from tests.kit.footage import Recipe, flv_tags

CLIP = flv_tags()
METADATA = {"videocodecid": 7.0, "audiocodecid": 10.0, "framerate": 30.0, "videodatarate": 300.0, "encoder": "Lavf"}


class Sheet:
    """A tap that writes down what it is given."""

    def __init__(self) -> None:
        self.runs: list[Tracks] = []
        self.samples: list[Sample] = []

    def start(self, tracks: Tracks) -> None:
        self.runs.append(tracks)

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


def video(tags: Iterable[flv.Tag]) -> list[flv.Tag]:
    return [tag for tag in tags if tag.kind is flv.TagKind.VIDEO]


def audio(tags: Iterable[flv.Tag]) -> list[flv.Tag]:
    return [tag for tag in tags if tag.kind is flv.TagKind.AUDIO]


def test_a_clip_comes_through_whole() -> None:
    taken, sheet = ingest()
    taken.metadata(METADATA)
    feed(taken, CLIP)
    assert len(sheet.runs) == 1
    assert sheet.runs[0].video is not None
    assert sheet.runs[0].audio is not None
    assert len(sheet.of(Kind.VIDEO)) == 60
    assert sheet.samples[0].key
    assert sheet.samples[0].dts_ms == 0
    assert len(sheet.of(Kind.AUDIO)) >= 90


def test_the_timeline_begins_where_the_broadcast_is() -> None:
    taken, sheet = ingest(start_ms=90_000)
    feed(taken, CLIP, later_ms=3_000_000)
    assert sheet.samples[0].dts_ms == 90_000
    assert sheet.samples[-1].dts_ms == pytest.approx(92_000, abs=60)


def test_pictures_wait_for_the_sounds_configuration_and_lose_nothing() -> None:
    taken, sheet = ingest()
    pictures, tones = video(CLIP), audio(CLIP)
    feed(taken, pictures[:10])
    assert sheet.runs == []
    feed(taken, tones[:1])
    feed(taken, pictures[10:11])
    assert taken.started
    assert sheet.runs[0].audio is not None
    assert len(sheet.of(Kind.VIDEO)) == 10


def test_metadata_that_names_no_sound_starts_at_the_first_keyframe() -> None:
    taken, sheet = ingest()
    taken.metadata({"videocodecid": 7.0})
    feed(taken, video(CLIP)[:2])
    assert sheet.runs == [Tracks(sheet.runs[0].video, None)]
    assert len(sheet.samples) == 1


def test_without_metadata_and_without_sound_the_wait_ends() -> None:
    taken, sheet = ingest()
    feed(taken, flv_tags(Recipe(audio=False)))
    assert sheet.runs[0].audio is None
    assert len(sheet.samples) == 60
    assert sheet.samples[1].dts_ms < WAIT_MS


def test_sound_alone_is_taken_after_the_wait() -> None:
    taken, sheet = ingest()
    feed(taken, flv_tags(Recipe(video=False)))
    assert sheet.runs[0].video is None
    assert len(sheet.samples) >= 90


def test_sound_that_comes_late_begins_a_new_run_at_the_next_keyframe() -> None:
    taken, sheet = ingest()
    pictures = video(flv_tags(Recipe(seconds=3)))
    feed(taken, pictures[:40])
    feed(taken, audio(CLIP)[:3], later_ms=1_300)
    assert len(sheet.runs) == 1
    feed(taken, pictures[40:])
    assert len(sheet.runs) == 2
    assert sheet.runs[1].audio is not None
    (first,) = [sample for sample in sheet.of(Kind.VIDEO) if sample.dts_ms == 2_000]
    assert first.key
    assert all(sample.dts_ms >= 2_000 for sample in sheet.of(Kind.AUDIO))


def test_another_resolution_in_mid_stream_begins_a_new_run_at_its_first_keyframe() -> None:
    taken, sheet = ingest()
    feed(taken, CLIP)
    feed(taken, flv_tags(Recipe(size=(160, 90))), later_ms=2_000)
    assert [(run.video.width, run.video.height) for run in sheet.runs if run.video] == [(320, 180), (160, 90)]
    assert len(sheet.of(Kind.VIDEO)) == 120


def test_a_configuration_that_is_sent_again_changes_nothing() -> None:
    taken, sheet = ingest()
    feed(taken, CLIP)
    feed(taken, [CLIP[1], CLIP[2]])
    feed(taken, video(flv_tags())[1:], later_ms=2_000)
    assert len(sheet.runs) == 1


def test_a_clock_that_jumps_ahead_by_hours_begins_a_new_run_and_leaves_no_hole() -> None:
    taken, sheet = ingest()
    feed(taken, CLIP)
    feed(taken, video(CLIP)[1:] + audio(CLIP)[1:], later_ms=5 * 3_600_000)
    assert len(sheet.runs) == 2
    assert sheet.samples[-1].dts_ms < 10_000


def test_a_clock_that_goes_back_begins_a_new_run() -> None:
    taken, sheet = ingest()
    feed(taken, CLIP, later_ms=600_000)
    feed(taken, CLIP)
    assert len(sheet.runs) == 2
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
    assert "no keyframes" in taken.warnings["keyframes"]


def test_a_long_keyframe_distance_is_warned_of_and_taken_back() -> None:
    taken, _ = ingest()
    long = flv_tags(Recipe(seconds=11, fps=10, gop=50, audio=False))
    feed(taken, long)
    assert "every 5.0 s" in taken.warnings["keyframes"]
    feed(taken, video(CLIP)[1:], later_ms=11_000)
    assert taken.warnings == {}


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"\x90hvc1" + bytes(30), "HEVC"),
        (b"\x90av01" + bytes(30), "AV1"),
        (b"\x12" + bytes(30), "Sorenson"),
        (b"\x17\0\0\0\0\1", "H.264 configuration"),
        (b"\x17\0", "damaged"),
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
