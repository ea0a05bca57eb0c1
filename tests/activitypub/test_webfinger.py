import pytest
from hypothesis import given
from hypothesis import strategies as st

from activitypub import strictjson
from activitypub.refusal import Refused
from activitypub.strictjson import Json
from activitypub.urls import Url
from activitypub.webfinger import (
    ACTIVITY_JSON,
    FEP_3B86_FOLLOW,
    FEP_3B86_OBJECT,
    LD_JSON,
    SUBSCRIBE,
    BadHandle,
    Handle,
    Jrd,
    Link,
    actor_jrd,
    interaction_url,
    parse_handle,
    parse_jrd,
    parse_resource,
    write_jrd,
)
from tests.kit.actors import ANN, LIVE
from tests.kit.examples import examples

ME = Handle("live", "node.example")


@pytest.mark.parametrize(
    ("text", "user", "host"),
    [
        ("@ann@remote.example", "ann", "remote.example"),
        ("ann@remote.example", "ann", "remote.example"),
        ("acct:ann@remote.example", "ann", "remote.example"),
        ("acct%3Aann%40remote.example", "ann", "remote.example"),
        ("  @Ann@Remote.Example \n", "Ann", "remote.example"),
        ("ann@remote.example:443", "ann", "remote.example"),
        ("ann@remote.example:8443", "ann", "remote.example:8443"),
        ("ann@localhost:8080", "ann", "localhost:8080"),
        ("a.n-n_1@remote.example", "a.n-n_1", "remote.example"),
        ("ann@bücher.example", "ann", "xn--bcher-kva.example"),
        ("ann@BÜCHER.example", "ann", "xn--bcher-kva.example"),
    ],
)
def test_a_handle_is_read_as_people_type_it(text: str, user: str, host: str) -> None:
    handle = parse_handle(text)
    assert handle == Handle(user, host)
    assert parse_handle(str(handle)) == parse_handle(handle.acct) == handle


NO_HANDLES = [
    "",
    "@",
    "ann",
    "@ann",
    "@@a.example",
    "ann@",
    "ann@host",
    "a nn@a.example",
    "ann@a.example/x",
    "ann@a.example#x",
    "ann@a.example?x",
    "ann@a b",
    "ann@b@a.example",
    "ann@a.example:0",
    "ann@.example",
    ".ann@a.example",
    "ann@a..example",
    "é@a.example",
    "ann@" + "ü" * 300,
    "ann@\u2488.example",
    "x" * 321,
]


@pytest.mark.parametrize("text", NO_HANDLES)
def test_what_is_no_handle_is_refused(text: str) -> None:
    with pytest.raises(BadHandle):
        parse_handle(text)


def test_the_case_of_a_user_name_does_not_make_another_account() -> None:
    assert Handle("Ann", "a.example").matches(Handle("ann", "a.example"))
    assert not Handle("ann", "a.example").matches(Handle("ann", "b.example"))


def test_a_resource_is_a_handle_or_a_url() -> None:
    assert parse_resource("acct:live@node.example") == ME
    assert parse_resource("live@node.example") == ME
    url = parse_resource(LIVE)
    assert isinstance(url, Url)
    assert str(url) == LIVE
    for text in ("https://", "http://a b/", "ftp://a.example/", ""):
        with pytest.raises(BadHandle):
            parse_resource(text)


def test_the_document_of_a_channel_names_its_actor_its_page_and_its_stream() -> None:
    jrd = actor_jrd(
        ME,
        LIVE,
        page="https://node.example/",
        avatar=Link("http://webfinger.net/rel/avatar", "image/png", "https://node.example/logo"),
        stream="https://node.example/hls/stream.m3u8",
    )
    document = write_jrd(jrd)
    assert document["subject"] == "acct:live@node.example"
    assert document["aliases"] == [LIVE, "https://node.example/"]
    assert {
        "rel": "alternate",
        "type": "application/x-mpegURL",
        "href": "https://node.example/hls/stream.m3u8",
    } in document["links"]
    assert parse_jrd(strictjson.parse(strictjson.write(document))) == jrd
    assert jrd.actor_url() == LIVE
    assert jrd.handle() == ME
    assert len(actor_jrd(ME, LIVE, page=LIVE).links) == 3


@pytest.mark.parametrize(
    "kind", [ACTIVITY_JSON, LD_JSON, 'application/ld+json;profile="https://www.w3.org/ns/activitystreams"']
)
def test_the_actor_is_the_self_link_of_either_type(kind: str) -> None:
    links = (
        Link("self", "text/html", "https://a.example/x"),
        Link("other", kind, LIVE),
        Link("self", kind, "x"),
        Link("self", kind, ANN),
    )
    assert Jrd("acct:x@a.example", (), links).actor_url() == ANN
    assert Jrd("acct:x@a.example", (), links[:3]).actor_url() is None


def test_another_servers_document_is_read_as_far_as_it_makes_sense() -> None:
    read = parse_jrd(
        {"subject": ANN, "aliases": ANN, "links": [5, {}, {"rel": 5}, {"rel": "self", "href": 5, "template": "t"}]}
    )
    assert read == Jrd(ANN, (ANN,), (Link("self", None, None, "t"),))
    assert read.handle() is None
    assert Jrd("acct:nobody").handle() is None
    for subject in (None, "", 5):
        with pytest.raises(Refused):
            parse_jrd({"subject": subject})


BOB = Handle("bob", "remote.example")
FALLBACK = "https://remote.example/authorize_interaction?uri=https%3A%2F%2Fnode.example%2Ffederation%2Fuser%2Flive"


def url(*links: Link, follow: bool = True) -> str:
    return interaction_url(Jrd("acct:bob@remote.example", (), links), BOB, LIVE, follow=follow)


def test_the_best_template_of_the_visitors_server_is_filled() -> None:
    fep = Link(FEP_3B86_FOLLOW, template="https://remote.example/follow?o={object}")
    subscribe = Link(SUBSCRIBE, template="https://remote.example/sub?u={uri}")
    thing = Link(FEP_3B86_OBJECT, template="https://remote.example/object?o={object}")
    quoted = "https%3A%2F%2Fnode.example%2Ffederation%2Fuser%2Flive"
    assert url(thing, subscribe, fep) == f"https://remote.example/follow?o={quoted}"
    assert url(thing, subscribe) == f"https://remote.example/sub?u={quoted}"
    assert url(thing) == f"https://remote.example/object?o={quoted}"
    assert url() == FALLBACK
    # to like or answer, the page that opens an object is the best
    assert url(fep, subscribe, thing, follow=False) == f"https://remote.example/object?o={quoted}"
    assert url(fep, subscribe, follow=False) == f"https://remote.example/sub?u={quoted}"
    assert url(fep, follow=False) == FALLBACK


@pytest.mark.parametrize(
    "template",
    [
        "http://remote.example/sub?u={uri}",
        "https://evil.example/sub?u={uri}",
        "https://remote.example.evil.example/sub?u={uri}",
        "https://evilremote.example/sub?u={uri}",
        "https://remote.example@evil.example/sub?u={uri}",
        "https://remote.example:8443/sub?u={uri}",
        "javascript:alert('{uri}')",
        "https://{uri}.remote.example/",
        "https://remote.example/sub",
        "//remote.example/{uri}",
        "",
    ],
)
def test_a_template_that_leads_elsewhere_is_not_filled(template: str) -> None:
    assert url(Link(SUBSCRIBE, template=template)) == FALLBACK


def test_a_template_may_lead_below_the_host_of_the_handle() -> None:
    template = "https://social.remote.example/sub?u={uri}"
    assert url(Link(SUBSCRIBE, template=template)).startswith("https://social.remote.example/sub?u=https%3A%2F%2F")


@examples(100)
@given(st.text())
def test_any_text_is_a_resource_or_refused(text: str) -> None:
    try:
        read = parse_resource(text)
    except BadHandle:
        return
    assert parse_resource(str(read)) == read


values = st.recursive(
    st.none() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["rel", "href"]), inner),
    max_leaves=5,
)


@examples(100)
@given(st.dictionaries(st.sampled_from(["subject", "aliases", "links"]), values))
def test_any_document_is_a_jrd_or_refused(document: Json) -> None:
    try:
        read = parse_jrd(document)
    except Refused:
        return
    assert parse_jrd(write_jrd(read)) == read
