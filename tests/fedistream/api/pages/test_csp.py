"""The headers of a page."""

import pytest

from fedistream.api.pages.csp import Frame, headers, policy


def directives(value: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (part.split() for part in value.split(";"))}


def test_only_our_own_scripts_and_those_with_the_nonce_run() -> None:
    found = directives(policy("abc", Frame.SELF))
    assert found["script-src"] == found["style-src"] == ["'self'", "'nonce-abc'"]
    assert found["object-src"] == found["base-uri"] == ["'none'"]
    assert found["worker-src"] == ["'self'"]


@pytest.mark.parametrize("frame", Frame)
def test_no_policy_allows_anything_unsafe(frame: Frame) -> None:
    value = policy("abc", frame)
    assert "unsafe" not in value
    assert "{" not in value


@pytest.mark.parametrize(
    ("frame", "ancestors", "older"),
    [(Frame.SELF, "'self'", "SAMEORIGIN"), (Frame.NOBODY, "'none'", "DENY"), (Frame.ANYBODY, "*", None)],
)
def test_allowed_frame_ancestors_are_sent_in_both_headers(frame: Frame, ancestors: str, older: str | None) -> None:
    found = headers("abc", frame)
    assert directives(found["Content-Security-Policy"])["frame-ancestors"] == [ancestors]
    assert found.get("X-Frame-Options") == older


def test_a_page_neither_leaks_its_address_nor_lets_its_type_be_guessed() -> None:
    found = headers("abc", Frame.SELF)
    assert found["Referrer-Policy"] == "same-origin"
    assert found["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in found["Permissions-Policy"]
