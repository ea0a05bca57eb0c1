from itertools import islice

from benchmarks.clip import FRAME as AAC_FRAME
from benchmarks.clip import FULL_HD, HD, RATE, Clip, Reel
from benchmarks.publisher import CLIPS, event, schedule
from media import flv
from media.rtmp import Audio, Video


def tag(kind: flv.TagKind, at_ms: int) -> flv.Tag:
    return flv.Tag(kind, at_ms, b"\x17\x01")


ROUND = Reel(
    opening=(tag(flv.TagKind.VIDEO, 0),),
    round=(tag(flv.TagKind.AUDIO, 0), tag(flv.TagKind.VIDEO, 5), tag(flv.TagKind.VIDEO, 45)),
    length_ms=80,
)


def test_the_clip_is_sent_round_after_round_and_pictures_keep_their_numbers() -> None:
    planned = [(at_ms, number) for at_ms, number, _ in islice(schedule(ROUND), 7)]
    assert planned == [(0, -1), (5, 0), (45, 1), (80, -1), (85, 0), (125, 1), (160, -1)]


def test_timestamps_wrap_as_those_of_rtmp_do() -> None:
    assert event(tag(flv.TagKind.VIDEO, 0), (1 << 32) + 7) == Video(7, b"\x17\x01")
    assert event(tag(flv.TagKind.AUDIO, 0), 7) == Audio(7, b"\x17\x01")


def test_clips_loop_without_a_seam_and_their_numbers_fit_into_the_bar_code() -> None:
    for clip in CLIPS.values():
        assert clip.seconds * RATE % AAC_FRAME == 0
        assert clip.seconds % 2 == 0
        assert clip.frames <= 1024
    assert FULL_HD.size == (1920, 1080)
    assert HD.size == (1280, 720)
    assert str(Clip()) == "1080p30, 4.5 Mbit/s with AAC, a keyframe every 2 s"
