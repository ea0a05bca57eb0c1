"""Names that a visitor may have, and names that look the same."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub.invisible import UNSEEN
from fedistream.chat import names
from tests.kit.examples import examples


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("  Ann  of\tthe\nhills ", "Ann of the hills"),
        ("x" * 10_000, "x" * 30),
        ("Ze\u0301lie", "Z\u00e9lie"),
        ("admin\u202etxt", "admintxt"),
        ("\u2066A\u2069\u200bn\u200dn\ufeff", "Ann"),
        ("A\U000e0041nn", "Ann"),
        ("A\u034fn\u180bn\u17b4", "Ann"),
        ("\0\x1b[31mred", "[31mred"),
        ("half \ud83d pair", "half pair"),
        ("\u3164\u115f\u2800", ""),
        ("\u200b\u200e ", ""),
        ("", ""),
        ("\u0301" * 10_000, ""),
        ("a" + "\u0335" * 10_000, "a" + "\u0335" * 2),
        ("日本語の名前", "日本語の名前"),
        ("🐙 octo", "🐙 octo"),
        ("Nguyễn Thị Ánh", "Nguyễn Thị Ánh"),
        ("a\u2028b\u00a0c", "a b c"),
    ],
)
def test_a_name_is_made_fit_to_be_shown(given_name: str, kept: str) -> None:
    assert names.clean(given_name) == kept


def test_a_name_is_cut_between_letters_and_not_through_one() -> None:
    cut = names.clean("x" * 29 + "q\u0323\u0307yz")
    assert cut == "x" * 29
    assert names.clean("x" * 28 + "q\u0323yz") == "x" * 28 + "q\u0323"


@examples(300)
@given(st.text(max_size=60))
def test_a_clean_name_is_short_visible_and_stays_as_it_is(text: str) -> None:
    found = names.clean(text)
    assert len(found) <= names.LONGEST
    assert names.clean(found) == found
    assert not any(unicodedata.category(letter) in UNSEEN for letter in found)
    assert found == found.strip()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann", "ann"),
        ("Admin", "аdmіn"),
        ("operator", "оperаtοr"),
        ("Ann", "A.n n_"),
        ("modern", "modem"),
        ("Bill", "BIll"),
        ("Bill", "B1l|"),
        ("José", "Jose"),
        ("Ann", "Ａｎｎ"),
        ("Ann", "𝓐𝓷𝓷"),
        ("root", "r00t"),
    ],
)
def test_look_alikes_are_seen_through(one: str, other: str) -> None:
    assert names.skeleton(one) == names.skeleton(other)


@pytest.mark.parametrize(("one", "other"), [("Ann", "Anna"), ("Mia", "Max"), ("🐙", "🦑"), ("王", "玉")])
def test_different_names_stay_different(one: str, other: str) -> None:
    assert names.skeleton(one) != names.skeleton(other)


def test_a_forbidden_name_is_forbidden_in_every_disguise() -> None:
    for disguise in ("admin", "ADMIN", "a-d-m-i-n", "аdmin", "ädmin", "adm1n"):
        assert names.is_forbidden(disguise, ["system", "Admin"])
    assert not names.is_forbidden("administrator", ["system", "Admin"])
    assert not names.is_forbidden("Ann", [])


def test_a_visitor_without_a_name_gets_one_of_the_suggested_names() -> None:
    suggested = [f"potter {n}" for n in range(10)]
    assert names.generate(suggested, lambda n: bytes([0] * (n - 1) + [13])) == "potter 3"
    assert names.generate(suggested[:9], lambda n: bytes(n)) == "amber-badger-0"
    assert names.generate(["\u200b"] * 10, lambda n: bytes(n)) == "amber-badger-0"


def test_invented_names_fit() -> None:
    for first in range(256):
        name = names.generate([], lambda n, first=first: bytes([first, first, 255, 255][:n]))  # type: ignore[misc]
        assert names.clean(name) == name
        assert not names.is_forbidden(name, ["fedistream", "operator", "admin", "system"])


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ann ✓", "Ann"),
        ("✅\ufe0fAnn ☑\ufe0f", "Ann"),
        ("Ann :verified:", "Ann"),
        ("✔", ""),
        ("Ann :blob:", "Ann :blob:"),
    ],
)
def test_no_name_has_the_sign_of_those_who_signed_in(name: str, shown: str) -> None:
    assert names.clean(name) == shown
