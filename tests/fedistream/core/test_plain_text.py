"""Text of strangers as text: what is unseen, what is blank, and what passes for a sign."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedistream.core import plain_text
from fedistream.core.plain_text import CHECK_MARKS, MARKS, is_blank, one_line, printable, visible, without_sign
from tests.kit.examples import examples

SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\r\nb\tc\rd", "a\nb\tcd"),
        ("user\u202egnp.exe\u2066\u2069\u200f\u061c", "usergnp.exe"),
        ("b\u200ba\u00add\u2060\ufeff\0\x9f\ud800", "bad"),
        ("👩\u200d👩\u200d👧 می\u200cخواهم", "👩\u200d👩\u200d👧 می\u200cخواهم"),
        (f"{SCOTLAND} x\U000e0041\U000e007f", f"{SCOTLAND} x"),
        ("plain", "plain"),
    ],
)
def test_what_shows_nothing_or_turns_the_line_is_left_out(text: str, seen: str) -> None:
    assert visible(text) == seen


def test_a_tower_of_marks_and_private_signs_are_left_out() -> None:
    assert printable("z" + "\u0336" * 500 + "\ue000") == "z" + "\u0336" * MARKS


def test_a_line_is_short_and_one() -> None:
    assert one_line(" a \n\u2800b\u00a0 c ", 20) == "a b c"
    assert one_line("x" * 30, 10) == "x" * 9 + "…"
    assert one_line("<b>A</b> &amp; \u202eco", 50) == "<b>A</b> &amp; co"
    assert one_line("\u200b" * 1_000_000, 10) == ""


@pytest.mark.parametrize(("text", "blank"), [("", True), (" \u200b\u3164\n", True), ("\u2800", True), (" .", False)])
def test_what_is_blank_is_known(text: str, blank: bool) -> None:
    assert is_blank(text) is blank


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ann ✓", "Ann"),
        ("✅ Ann ✔\ufe0f", "Ann"),
        ("Ann ☑\ufe0e🗸🗹√", "Ann"),
        ("Ann :verified:", "Ann"),
        ("Ann :Verified_Blue: :blobcat:", "Ann :blobcat:"),
        ("Ann :ver\u200bified:", "Ann"),
        ("Ann :ver:verified:ified:", "Ann :ver ified:"),
        ("Ann :veri\ue000fied:", "Ann"),
        ("Ann :checkmark: :blue_tick:", "Ann"),
        ("Ann: checked: 12:30:45", "Ann: checked: 12:30:45"),
        ("Ann", "Ann"),
    ],
)
def test_no_name_has_the_sign_of_those_who_signed_in(name: str, shown: str) -> None:
    assert plain_text.name(name, 50) == shown


def test_every_check_mark_of_unicode_is_known() -> None:
    named = (chr(code) for code in range(0x110000) if "CHECK MARK" in unicodedata.name(chr(code), ""))
    assert set(named) <= set(CHECK_MARKS)


@examples(100)
@given(st.text())
def test_whatever_comes_a_line_is_stable_and_has_nothing_unseen(text: str) -> None:
    line = one_line(text, 40)
    assert one_line(line, 40) == line
    assert len(line) <= 40
    assert visible(line) == line
    assert line == line.strip()
    assert not set(CHECK_MARKS) & set(without_sign(line))
