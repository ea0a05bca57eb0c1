"""The recent messages of senders."""

from fedistream.chat.sender_activity import TEXTS, SenderActivity


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
