"""How fast somebody writes, and how often the same."""

from fedistream.chat.sender_activity import TEXTS, RateVerdict, SenderActivity


def pace(conduct: SenderActivity, at: float, key: str = "ann") -> RateVerdict:
    return conduct.pace(key, at, most=3, within_s=2, mute_s=10)


def test_the_fourth_message_within_two_seconds_mutes_for_ten_and_is_told_once() -> None:
    conduct = SenderActivity()
    assert [pace(conduct, 0.1 * n) for n in range(5)] == [RateVerdict.FINE] * 3 + [
        RateVerdict.TOO_FAST,
        RateVerdict.MUTED,
    ]
    assert pace(conduct, 10.2) is RateVerdict.MUTED
    assert pace(conduct, 10.31) is RateVerdict.FINE


def test_a_steady_writer_is_never_too_fast() -> None:
    conduct = SenderActivity()
    assert {pace(conduct, 0.7 * n) for n in range(100)} == {RateVerdict.FINE}


def test_one_persons_haste_is_not_anothers() -> None:
    conduct = SenderActivity()
    for n in range(5):
        pace(conduct, 0.1 * n)
    assert pace(conduct, 0.5, "ben") is RateVerdict.FINE


def test_one_can_be_muted_for_what_others_did() -> None:
    conduct = SenderActivity()
    conduct.mute("ann", 5)
    assert (pace(conduct, 4.9), pace(conduct, 5)) == (RateVerdict.MUTED, RateVerdict.FINE)


def test_silence_and_repetition_are_remembered() -> None:
    conduct = SenderActivity()
    assert conduct.silent_for("ann", 7) == float("inf")
    for at in (10, 20, 30):
        conduct.said("ann", at, "hello")
    assert conduct.silent_for("ann", 31) == 1
    assert conduct.repeats("ann", 31, "hello", within_s=15) == 2
    assert conduct.repeats("ann", 31, "hullo", within_s=15) == 0
    for at in range(TEXTS):
        conduct.said("ann", 32 + at, "other")
    assert conduct.repeats("ann", 40, "hello", within_s=100) == 0


def test_only_so_many_are_remembered_and_the_longest_silent_goes_first() -> None:
    conduct = SenderActivity(capacity=2)
    conduct.said("ann", 1, "x")
    conduct.said("ben", 2, "x")
    conduct.said("ann", 3, "x")
    conduct.said("eve", 4, "x")
    assert conduct.silent_for("ann", 5) == 2
    assert conduct.silent_for("ben", 5) == float("inf")
