"""Subscriptions of browsers as JSON, and the texts of notifications."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedistream.core.errors import Invalid
from fedistream.notifications import wording
from fedistream.notifications.push_sender import payload
from fedistream.notifications.subscription_json import decode, encode, is_point, read
from fedistream.notifications.values import MAX_DESTINATION, MAX_PUSH_BODY, NotificationProblem
from tests.kit.push_service import Browser

BROWSER = Browser()
GOOD = json.loads(BROWSER.subscription("https://push.example/1"))


def test_a_subscription_is_read_in_both_alphabets_of_base64_with_and_without_padding() -> None:
    for form in (base64.urlsafe_b64encode, base64.b64encode):
        keys = {"p256dh": form(BROWSER.public).decode(), "auth": form(BROWSER.auth).decode()}
        for padded in (keys, {name: text.rstrip("=") for name, text in keys.items()}):
            found = read(json.dumps({"endpoint": "https://push.example/1", "keys": padded}))
            assert (found.p256dh, found.auth) == (BROWSER.public, BROWSER.auth)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", NotificationProblem.SUBSCRIPTION),
        ("null", NotificationProblem.SUBSCRIPTION),
        ("[]", NotificationProblem.SUBSCRIPTION),
        ("{}", NotificationProblem.SUBSCRIPTION),
        ("\ud800", NotificationProblem.SUBSCRIPTION),
        ("[" * 5000, NotificationProblem.SUBSCRIPTION),
        (json.dumps({**GOOD, "keys": []}), NotificationProblem.SUBSCRIPTION),
        (json.dumps({**GOOD, "endpoint": ""}), NotificationProblem.SUBSCRIPTION),
        (json.dumps({**GOOD, "endpoint": 5}), NotificationProblem.SUBSCRIPTION),
        (json.dumps({**GOOD, "endpoint": "https://push.example/" + "x" * 2048}), NotificationProblem.SUBSCRIPTION),
        (json.dumps({**GOOD, "more": "x" * MAX_DESTINATION}), NotificationProblem.SUBSCRIPTION),
        (json.dumps({**GOOD, "keys": {**GOOD["keys"], "auth": "AAAA"}}), NotificationProblem.KEYS),
        (json.dumps({**GOOD, "keys": {**GOOD["keys"], "auth": 5}}), NotificationProblem.KEYS),
        (json.dumps({**GOOD, "keys": {**GOOD["keys"], "p256dh": "A" * 87}}), NotificationProblem.KEYS),
        (json.dumps({**GOOD, "keys": {**GOOD["keys"], "p256dh": "ä"}}), NotificationProblem.KEYS),
        (json.dumps({**GOOD, "keys": {"p256dh": GOOD["keys"]["p256dh"]}}), NotificationProblem.KEYS),
    ],
)
def test_anything_else_is_refused(text: str, problem: NotificationProblem) -> None:
    with pytest.raises(Invalid) as refused:
        read(text)
    assert refused.value.problem is problem


def test_a_point_that_is_not_on_the_curve_is_none() -> None:
    assert is_point(BROWSER.public)
    assert not is_point(BROWSER.public[:-1] + bytes([BROWSER.public[-1] ^ 1]))
    assert not is_point(b"\x02" + BROWSER.public[1:])
    assert not is_point(b"\x04" + b"\xff" * 64)
    assert not is_point(BROWSER.public[:33])


@given(st.text(max_size=200))
def test_no_text_is_read_with_another_error(text: str) -> None:
    with pytest.raises(Invalid):
        read(text)


@given(st.binary(max_size=90))
def test_bytes_are_written_and_read_again(data: bytes) -> None:
    assert decode(encode(data)) == data


def test_a_message_fits_into_one_record_whatever_the_texts() -> None:
    shown = wording.live("\U0001f600" * 300, "\U0001f600" * 2000, "\n" * 5 + "t" * 200, "https://node.example/", 1)
    made = payload({name: getattr(shown, name) for name in ("title", "body", "tag", "url")})
    assert len(made) <= 3993
    assert (len(shown.body), shown.body[-1]) == (MAX_PUSH_BODY, "…")


def test_a_text_is_not_cut_within_a_character() -> None:
    assert wording.cut("short", 5) == "short"
    assert wording.cut("abcde\u0301fgh", 6) == "abcd…"
    assert wording.cut("ab  cdef", 4) == "ab…"


def test_without_a_message_and_a_title_a_browser_is_told_that_the_stream_has_started() -> None:
    assert wording.live("Node", " ", "", "/", 1).body == wording.DEFAULT
    assert wording.test("Node", "", "/").body == wording.DEFAULT
    assert wording.reminder("Node", " ", "Locks", "/", "e") is None
