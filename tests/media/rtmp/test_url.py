from dataclasses import replace
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtmp import url
from media.rtmp.errors import ProtocolError, TooManyParameters
from media.rtmp.limits import DEFAULT
from media.rtmp.url import PublishPath, Target, parameters, parse, publish_path
from tests.kit.examples import examples


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("rtmp://node.example/live/KEY", Target("node.example", 1935, False, "live", "KEY")),
        ("rtmp://node.example:19350/live/KEY", Target("node.example", 19350, False, "live", "KEY")),
        ("rtmps://node.example/live/KEY", Target("node.example", 443, True, "live", "KEY")),
        ("RTMP://Node.Example/live/KEY", Target("node.example", 1935, False, "live", "KEY")),
        ("rtmps://node.example:443/rtmp/KEY-0-x", Target("node.example", 443, True, "rtmp", "KEY-0-x")),
        ("rtmp://node.example/app/instance/KEY", Target("node.example", 1935, False, "app/instance", "KEY")),
        ("rtmp://node.example/KEY", Target("node.example", 1935, False, "", "KEY")),
        ("rtmp://node.example/live/KEY?a=b&c", Target("node.example", 1935, False, "live", "KEY?a=b&c")),
        ("rtmp://node.example/live/K#Y", Target("node.example", 1935, False, "live", "K#Y")),
        ("rtmp://[2001:db8::1]:1936/live/KEY", Target("2001:db8::1", 1936, False, "live", "KEY")),
    ],
)
def test_an_address_is_split(text: str, target: Target) -> None:
    assert parse(text) == target


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "begin with rtmp"),
        ("KEY", "begin with rtmp"),
        ("http://node.example/live/KEY", "begin with rtmp"),
        ("rtmp:///live/KEY", "no host"),
        ("rtmp://node.example", "no stream key"),
        ("rtmp://node.example/", "no stream key"),
        ("rtmp://node.example:port/live/KEY", "[Pp]ort"),
        ("rtmp://node.example:99999/live/KEY", "[Pp]ort"),
        ("rtmp://user:secret@node.example/live/KEY", "password"),
        ("rtmp://[2001:db8::1/live/KEY", "IPv6"),
    ],
)
def test_an_address_that_cannot_be_published_to_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse(text)


@pytest.mark.parametrize(
    ("text", "tc_url"),
    [
        ("rtmp://node.example/live/KEY", "rtmp://node.example/live"),
        ("rtmp://node.example:1936/a/b/KEY?x", "rtmp://node.example:1936/a/b"),
        ("rtmps://node.example/live/KEY", "rtmps://node.example/live"),
        ("rtmps://[::1]:444/live/KEY", "rtmps://[::1]:444/live"),
    ],
)
def test_the_tc_url_is_the_address_without_the_key(text: str, tc_url: str) -> None:
    assert parse(text).tc_url == tc_url


@pytest.mark.parametrize(
    ("app", "name", "tc_url", "expected"),
    [
        ("live", "KEY", "rtmp://h/live", PublishPath("live", "KEY", {})),
        ("live/", "KEY", "rtmp://h/live/", PublishPath("live", "KEY", {})),
        ("/live", "/KEY", "", PublishPath("live", "KEY", {})),
        ("live/KEY", "", "rtmp://h/live/KEY", PublishPath("live", "KEY", {})),
        ("live/KEY/", "", "rtmp://h/live/KEY/", PublishPath("live", "KEY", {})),
        ("live/a/KEY", "", "", PublishPath("live/a", "KEY", {})),
        ("live", "", "rtmp://h:1935/live/KEY", PublishPath("live", "KEY", {})),
        ("live", "", "rtmp://h/live/KEY?x=1", PublishPath("live", "KEY", {})),
        ("", "", "rtmp://h/live/KEY", PublishPath("live", "KEY", {})),
        ("", "KEY", "rtmp://h/", PublishPath("", "KEY", {})),
        ("live", "", "rtmp://h/live", PublishPath("live", "", {})),
        ("live", "", "", PublishPath("live", "", {})),
        ("live", "", "rtmp://h/liveness/KEY", PublishPath("live", "", {})),
        ("live", "KEY?token=x&b", "", PublishPath("live", "KEY", {"token": "x", "b": ""})),
        ("live?a=1", "KEY?a=2", "", PublishPath("live", "KEY", {"a": "2"})),
        ("live/KEY?token=x", "", "", PublishPath("live", "KEY", {"token": "x"})),
        ("live", "?token=x", "rtmp://h/live/KEY", PublishPath("live", "KEY", {"token": "x"})),
        ("live", "KEY?", "", PublishPath("live", "KEY", {})),
        ("live", "a/KEY", "", PublishPath("live", "a/KEY", {})),
    ],
)
def test_the_key_is_found_in_the_name_or_at_the_end_of_the_path(
    app: str, name: str, tc_url: str, expected: PublishPath
) -> None:
    assert publish_path(app, name, tc_url) == expected


def test_parameters_are_decoded_and_the_last_of_a_name_counts() -> None:
    assert parameters("a=%C3%A4+b&a=2&=x&c=%FF&&d=1=2") == {"a": "2", "": "x", "c": "�", "d": "1=2"}


def test_parameters_are_limited_in_number() -> None:
    few = replace(DEFAULT, parameters=3)
    assert len(parameters("a&b&c", few)) == 3
    with pytest.raises(TooManyParameters):
        parameters("a&b&c&d", few)
    with pytest.raises(TooManyParameters):
        publish_path("live?" + "a=1&" * 40, "KEY", "")


@examples(100)
@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=6))
def test_what_was_quoted_is_read_again(values: dict[str, str]) -> None:
    values = {
        name.encode("utf-8", "replace").decode(): v.encode("utf-8", "replace").decode() for name, v in values.items()
    }
    query = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in values.items())
    assert parameters(query) == values


@examples(200)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_text_gives_a_place_or_a_protocol_error(app: str, name: str, tc_url: str) -> None:
    try:
        found = publish_path(app, name, tc_url)
    except ProtocolError:
        return
    assert "?" not in found.app + found.name
    assert len(found.parameters) <= 2 * DEFAULT.parameters


@examples(200)
@given(st.text(max_size=60) | st.text(max_size=40).map(lambda rest: "rtmp://" + rest))
def test_any_text_is_an_address_or_a_value_error(text: str) -> None:
    try:
        target = parse(text)
    except ValueError:
        return
    assert target.host
    assert target.name
    assert target.port in range(65_536)


def test_each_scheme_has_its_port() -> None:
    assert url.PORTS == {"rtmp": 1935, "rtmps": 443}
