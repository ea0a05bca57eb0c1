"""Forms and their tokens."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from fedistream.api.http.request import ApiRequest
from fedistream.api.http.uploads import MAX_FIELDS
from fedistream.api.pages.forms import TYPE, CsrfTokens, Stale, form
from fedistream.core.errors import Invalid
from tests.kit.asking import Clock
from tests.kit.examples import examples

DAY_S = 86_400


def csrf(clock: Clock | None = None, secret: bytes = b"secret") -> CsrfTokens:
    return CsrfTokens(secret, (clock or Clock()).now)


def request(body: bytes, kind: str = TYPE) -> ApiRequest:
    return ApiRequest(
        Request({"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode())]}), body=body
    )


def filled(**fields: str) -> bytes:
    return urlencode({"csrf_token": csrf().issue(), **fields}).encode()


def test_a_form_with_a_token_is_read() -> None:
    assert form(request(filled(title="Öl & Wasser", empty="")), csrf()) == {"title": "Öl & Wasser", "empty": ""}


def test_line_ends_of_browsers_become_ours() -> None:
    assert form(request(filled(text="a\r\nb\nc")), csrf())["text"] == "a\nb\nc"


def test_the_charset_of_the_type_does_not_matter() -> None:
    assert form(request(filled(a="1"), f"{TYPE.upper()}; charset=UTF-8"), csrf()) == {"a": "1"}


@pytest.mark.parametrize("kind", ["", "text/plain", "application/json", "multipart/form-data; boundary=x"])
def test_what_is_no_form_is_refused(kind: str) -> None:
    with pytest.raises(Invalid):
        form(request(filled(a="1"), kind), csrf())


@pytest.mark.parametrize("body", [b"a=%ff", "a=ü".encode(), b"&".join(b"a=1" for _ in range(MAX_FIELDS + 1))])
def test_a_form_that_is_broken_or_too_long_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        form(request(body), csrf())


def test_a_form_without_a_token_is_refused() -> None:
    with pytest.raises(Stale):
        form(request(b"title=mine"), csrf())


def test_a_token_lasts_a_day_and_no_longer() -> None:
    clock = Clock()
    issuer = csrf(clock)
    token = issuer.issue()
    clock.advance(DAY_S - 1)
    issuer.check(token)
    clock.advance(2)
    with pytest.raises(Stale):
        issuer.check(token)


def test_a_token_of_another_node_is_none() -> None:
    with pytest.raises(Stale):
        csrf(secret=b"mine").check(csrf(secret=b"theirs").issue())


def test_a_token_cannot_be_made_to_last_longer() -> None:
    until, _, mac = csrf().issue().partition(".")
    with pytest.raises(Stale):
        csrf().check(f"{int(until) + 1}.{mac}")


@examples(60)
@given(st.text(max_size=100))
def test_whatever_is_no_token_of_ours_is_stale(text: str) -> None:
    with pytest.raises(Stale):
        csrf().check(text)


@examples(60)
@given(st.binary(max_size=300))
def test_any_body_is_a_form_without_a_token_or_no_form(body: bytes) -> None:
    with pytest.raises((Invalid, Stale)):
        form(request(body), csrf())
