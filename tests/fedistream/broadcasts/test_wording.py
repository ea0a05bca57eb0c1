import pytest

from fedistream.broadcasts.values import BroadcastEndReason
from fedistream.broadcasts.wording import ended, sentence
from media import StreamWarning, WarningCode

VALUES = {
    WarningCode.CLOCK_JUMPED: {"seconds": -2.0},
    WarningCode.CLOCK_DRIFTS: {"percent": 0.4},
    WarningCode.KEYFRAMES_IRREGULAR: {"shortest": 0.5, "longest": 4.2},
    WarningCode.FRAME_RATE_FELL: {"fps": 11.9, "usual": 30.0},
    WarningCode.BITRATE_COLLAPSED: {"kbps": 312.4, "usual": 4500.0},
    WarningCode.AUDIO_UNUSABLE: {"frames": 40.0},
    WarningCode.VIDEO_UNUSABLE: {"frames": 40.0},
}


@pytest.mark.parametrize("code", WarningCode)
def test_every_warning_is_a_sentence_with_its_numbers(code: WarningCode) -> None:
    values = VALUES.get(code, {"seconds": 5.0})
    said = sentence(StreamWarning(code, tuple(values.items())))
    assert said.endswith(".")
    assert "{" not in said
    assert any(f"{abs(value):.{digits}f}" in said for value in values.values() for digits in (0, 1, 2))


def test_a_warning_says_what_is_wrong_and_what_helps() -> None:
    assert sentence(StreamWarning(WarningCode.KEYFRAMES_FAR, (("seconds", 8.33),))) == (
        "The encoder sends a keyframe every 8.3 s, and people who join wait that long for a picture: set the keyframe "
        "interval to 2 s."
    )


@pytest.mark.parametrize("reason", BroadcastEndReason)
def test_every_end_has_words_and_only_the_other_one_needs_its_detail(reason: BroadcastEndReason) -> None:
    assert ended(reason) or reason is BroadcastEndReason.OTHER
    assert (ended(reason, "the {cat}") == "the {cat}") == (reason is BroadcastEndReason.OTHER)
