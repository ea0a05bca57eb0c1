"""The chat's rules about messages and their senders."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fedistream.chat.rules import (
    HURTFUL,
    MAX_BYTES,
    MAX_REPEATS,
    MUTE_S,
    TOO_FAST,
    TOO_LONG,
    ChatPolicy,
    Sender,
    muted,
    refusal,
)
from fedistream.chat.values import Role, Visitor

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ANN = Visitor("ann", "Ann", 3, NOW - timedelta(hours=1))
NEW = replace(ANN, created_at=NOW - timedelta(minutes=5))
MODERATOR = replace(NEW, role=Role.MODERATOR)
SIGNED_IN = replace(NEW, authenticated_at=NOW)
OPEN = ChatPolicy()


def refused(text: str, terms: ChatPolicy = OPEN, visitor: Visitor = ANN, silent_s: float = 60, repeats: int = 0) -> str:
    why = refusal(text, Sender(visitor, NOW, silent_s, repeats), terms)
    return why.words if why else ""


def test_an_ordinary_line_may_be_said() -> None:
    strict = ChatPolicy(established_only=True, slow_s=30, slur_filter=True, blocked_words=("spoiler",))
    assert refused("Hello @ben, look: https://a.example", strict) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x " * (MAX_BYTES // 2), ""),
        ("x " * (MAX_BYTES // 2) + "x", TOO_LONG.words),
        ("é" * (MAX_BYTES // 2 + 1), TOO_LONG.words),
        ("https://a.example " * 4, "too many links"),
        ("https://a.example " * 3, ""),
        ("@a @b @c @d @e @f @g", "too many links or mentions"),
        ("@a @b @c @d @e @f", ""),
        ("mail me: a@b.example, c@d.example", ""),
        ("aaaa" * 10, "one character"),
        ("haha" * 10, ""),
    ],
)
def test_what_looks_like_spam_is_refused(text: str, why: str) -> None:
    said = refused(text)
    assert why in said
    assert bool(said) == bool(why)


def test_spam_protection_can_be_switched_off_but_the_length_has_its_limit() -> None:
    off = ChatPolicy(spam_protection=False)
    assert refused("https://a.example " * 9, off) == ""
    assert refused("again", off, repeats=99) == ""
    assert refused("x" * (MAX_BYTES + 1), off) == TOO_LONG.words


def test_the_same_again_and_again_is_refused() -> None:
    assert refused("gg", repeats=MAX_REPEATS - 1) == ""
    assert "already" in refused("gg", repeats=MAX_REPEATS)


def test_newcomers_wait_where_only_the_established_may_write() -> None:
    terms = ChatPolicy(established_only=True)
    assert refused("hi", terms, NEW) == "You are new here. You may write in 10 min."
    assert "1 min" in refused("hi", terms, replace(NEW, created_at=NOW - timedelta(minutes=14, seconds=59)))
    assert refused("hi", terms, replace(NEW, created_at=NOW - timedelta(minutes=15))) == ""
    assert refused("hi", terms, MODERATOR) == ""
    assert refused("hi", terms, SIGNED_IN) == ""
    # the clock was a year ahead when they came
    assert refused("hi", terms, replace(NEW, created_at=NOW + timedelta(days=365))) == ""


def test_what_may_be_said_later_says_when() -> None:
    terms, text = ChatPolicy(established_only=True, slow_s=30), "hi"
    new, slow = (refusal(text, Sender(who, NOW, 10), terms) for who in (NEW, ANN))
    assert new
    assert slow
    assert (new.reason, new.retry_s) == ("new-here", 600)
    assert (slow.reason, slow.retry_s) == ("slow-mode", 20)
    long = refusal("x" * (MAX_BYTES + 1), Sender(ANN, NOW), OPEN)
    assert long
    assert long.retry_s is None


@pytest.mark.parametrize(
    ("text", "terms", "sender", "code"),
    [
        ("x" * (MAX_BYTES + 1), OPEN, Sender(ANN, NOW), "too-long"),
        ("hi", ChatPolicy(signed_in_only=True), Sender(ANN, NOW), "sign-in-first"),
        ("hi", ChatPolicy(established_only=True), Sender(NEW, NOW), "new-here"),
        ("hi", ChatPolicy(slow_s=30), Sender(ANN, NOW, 10), "slow-mode"),
        ("https://a.example " * 4, OPEN, Sender(ANN, NOW), "too-many-links"),
        ("hi", OPEN, Sender(ANN, NOW, repeats=MAX_REPEATS), "repeated"),
        ("a" * 40, OPEN, Sender(ANN, NOW), "stretched"),
        ("spoiler", ChatPolicy(blocked_words=("spoiler",)), Sender(ANN, NOW), "unwelcome-words"),
    ],
)
def test_programs_know_a_refusal_by_its_code(text: str, terms: ChatPolicy, sender: Sender, code: str) -> None:
    why = refusal(text, sender, terms)
    assert why
    assert why.reason == code
    assert not why.quiet


def test_a_muted_visitor_is_told_once_and_for_how_long() -> None:
    assert (TOO_FAST.reason, TOO_FAST.retry_s, TOO_FAST.quiet) == ("too-fast", MUTE_S, False)
    why = muted(4.5)
    assert (why.reason, why.words, why.retry_s, why.quiet) == ("too-fast", TOO_FAST.words, 4.5, True)


def test_nothing_is_refused_to_a_quick_sender_where_no_rule_was_set() -> None:
    assert refusal("hi", Sender(NEW, NOW, 0.5), OPEN) is None


def test_half_a_character_is_no_reason_to_fail() -> None:
    assert refused("\ud83d" * 10) == ""


def test_who_has_just_come_is_new() -> None:
    terms = ChatPolicy(established_only=True)
    assert refused("hi", terms, replace(NEW, created_at=NOW)) == "You are new here. You may write in 15 min."


def test_only_the_signed_in_may_write_where_that_is_asked() -> None:
    terms = ChatPolicy(signed_in_only=True)
    assert "sign in" in refused("hi", terms)
    assert refused("hi", terms, SIGNED_IN) == ""
    assert refused("hi", terms, MODERATOR) == ""


def test_slow_mode_lets_one_message_through_in_its_time() -> None:
    terms = ChatPolicy(slow_s=30)
    assert "every 30 seconds" in refused("hi", terms, silent_s=29.9)
    assert refused("hi", terms, silent_s=30) == ""
    assert refused("hi", terms, MODERATOR, silent_s=0) == ""


@pytest.mark.parametrize(
    "text", ["Spoiler!", "no SPOILERS", "sp0iler", "spóiler", "spoilerrrr", "(spoiler)", "ｓpoiler"]
)
def test_a_blocked_word_is_found_in_its_disguises(text: str) -> None:
    assert "words that are not welcome" in refused(text, ChatPolicy(blocked_words=("spoiler",)))


def test_a_word_within_another_is_not_blocked() -> None:
    assert refused("the class of grapes", ChatPolicy(blocked_words=("ass", "rape"))) == ""


def test_the_slurs_are_written_as_words_are_compared() -> None:
    assert all(word.isascii() and word.isalpha() and word.islower() for word in HURTFUL)
    assert len(HURTFUL) == 7


def test_the_slur_filter_works_when_it_is_on() -> None:
    slur = bytes(reversed(b"ggaf")).decode() + "ot"
    assert refused(f"you {slur}") == ""
    assert "not welcome" in refused(f"you {slur}s", ChatPolicy(slur_filter=True))
