import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub.urls import (
    BadUrl,
    authority,
    from_iri,
    is_url,
    parse_url,
    resolve,
    same_authority,
    without_fragment,
)
from tests.kit.examples import examples


@pytest.mark.parametrize(
    ("text", "host", "port", "target", "fragment"),
    [
        ("https://a.example/users/ann#main-key", "a.example", 443, "/users/ann", "main-key"),
        ("HTTPS://A.Example", "a.example", 443, "/", ""),
        ("http://a.example:8080/x?y=1", "a.example", 8080, "/x?y=1", ""),
        ("https://a.example?x=1", "a.example", 443, "/?x=1", ""),
        ("https://[2001:db8::1]:8443/x", "[2001:db8::1]", 8443, "/x", ""),
        ("https://a.example/@ann/%D0%BF!*'();:@&=+$,~-._", "a.example", 443, "/@ann/%D0%BF!*'();:@&=+$,~-._", ""),
        ("https://my_app.example/", "my_app.example", 443, "/", ""),
        ("http://a.example/", "a.example", 80, "/", ""),
        ("http://a.example:1/", "a.example", 1, "/", ""),
        ("http://a.example:65535/", "a.example", 65535, "/", ""),
        ("https://a.example?x?y", "a.example", 443, "/?x?y", ""),
        ("http://a/?x", "a", 80, "/?x", ""),
        ("https://" + "a." * 123 + "example/", "a." * 123 + "example", 443, "/", ""),  # 253 characters
        ("https://a.example/" + "x" * 2030, "a.example", 443, "/" + "x" * 2030, ""),  # 2,048 characters
    ],
)
def test_an_http_url_is_taken_apart(text: str, host: str, port: int, target: str, fragment: str) -> None:
    url = parse_url(text)
    assert (url.host, url.port, url.target, url.fragment) == (host, port, target, fragment)
    assert is_url(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://",
        "https:///x",
        "ftp://a.example/",
        "acct:ann@a.example",
        "//a.example/",
        "https://user@a.example/",
        "https://user:secret@a.example/",
        "https://a.example\\@b.example/",
        "https://a.example./",
        "https://a..example/",
        "https://-a.example/",
        "https://a.example:0/",
        "https://a.example:65536/",
        "https://a.example:/",
        "https://a.example/a b",
        "https://a.example/a\nb",
        'https://a.example/"x',
        "https://a.example/<x>",
        "https://a.example/#a#b",
        "https://пример.example/",
        "https://a.example/é",
        "https://a%2eexample/",
        "https://" + "a." * 126 + "example/",
        "https://" + "a." * 123 + "examples/",
        "https://a.example/" + "x" * 2048,
        None,
        17,
        ["https://a.example/"],
    ],
)
def test_what_two_programs_may_read_differently_is_no_url(text: object) -> None:
    with pytest.raises(BadUrl):
        parse_url(text)
    assert not is_url(text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/x", "https://A.EXAMPLE:443/y", True),
        ("http://a.example/x", "https://a.example/x", True),
        ("https://a.example/", "https://a.example:8443/", False),
        ("https://a.example/", "https://b.a.example/", False),
        ("https://a.example/", None, False),
        ("nothing", "nothing", False),
    ],
)
def test_two_urls_are_of_one_host_when_name_and_port_are_the_same(one: object, other: object, same: bool) -> None:
    assert same_authority(one, other) is same
    assert same_authority(other, one) is same


def test_the_authority_leaves_the_default_port_out() -> None:
    assert authority("https://a.example:443/x") == "a.example"
    assert authority("http://a.example:443/x") == "a.example:443"


def test_the_fragment_is_cut_off_for_the_request() -> None:
    assert without_fragment("https://a.example/ann#main-key") == "https://a.example/ann"


@examples(300)
@given(st.one_of(st.text(), st.from_regex(r"https?://[a-zA-Z0-9.:@\[\]-]{0,30}[/?#]?[!-~]{0,30}", fullmatch=True)))
def test_any_text_is_a_url_or_refused_and_writing_a_parsed_one_changes_nothing(text: str) -> None:
    try:
        url = parse_url(text)
    except BadUrl:
        return
    assert parse_url(str(url)) == url


def test_a_long_hostile_host_is_refused_in_no_time() -> None:
    started = time.process_time()
    for piece in ("a-", "a.", "-", "a" * 60 + "."):
        is_url("https://" + piece * (2000 // len(piece)) + "!")
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("iri", "url"),
    [
        ("https://a.example/%C3%A4?x#y", "https://a.example/%C3%A4?x#y"),
        ("https://Bücher.example:8443/ä b", "https://xn--bcher-kva.example:8443/%C3%A4%20b"),
        ("https://a.example?ü", "https://a.example?%C3%BC"),
        ("https://a.example/!ü~", "https://a.example/!%C3%BC~"),
        ("https://ü.example#x", "https://xn--tda.example#x"),
        ("https://a.example/" + "x" * 2030, "https://a.example/" + "x" * 2030),
    ],
)
def test_an_address_beyond_ascii_has_its_form_as_a_url(iri: str, url: str) -> None:
    assert from_iri(iri) == url


@pytest.mark.parametrize(
    "iri",
    [
        *("https://" + "ü" * 64, "https://ü..example/", "ü" * 2049),
        *(
            "https://good.example\uff0f.evil.example/",
            "https://good.co\u2100.evil.example/",
            "https://me\uff20b.example/",
        ),
    ],
)
def test_what_has_no_form_as_a_url_is_refused(iri: str) -> None:
    with pytest.raises(BadUrl):
        from_iri(iri)


@pytest.mark.parametrize(
    ("base", "reference", "url"),
    [
        ("https://a.example/users/ann", "bob", "https://a.example/users/bob"),
        ("https://a.example/users/ann", "/bob?x#y", "https://a.example/bob?x#y"),
        ("https://a.example/", "//b.example/ä", "https://b.example/%C3%A4"),
        ("https://a.example/", "x" * 2030, "https://a.example/" + "x" * 2030),
    ],
)
def test_a_reference_leads_from_the_document_it_is_in(base: str, reference: str, url: str) -> None:
    assert resolve(base, reference) == url


@pytest.mark.parametrize("reference", ["x" * 2049, "x" * 1_000_000, "//[x/", "https://ü..example/"])
def test_a_reference_that_leads_nowhere_is_refused(reference: str) -> None:
    with pytest.raises(BadUrl):
        resolve("https://a.example/", reference)


def test_what_is_no_url_shares_a_host_with_nobody() -> None:
    assert same_authority("nothing", "https://a.example/") is False
