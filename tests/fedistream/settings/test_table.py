"""The table of settings: what each takes, what it makes of it, and what it refuses."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedistream.api.wording import explain
from fedistream.core.errors import Invalid
from fedistream.settings.checks import flagged_address
from fedistream.settings.structures import NO_STORAGE, PASSTHROUGH
from fedistream.settings.table import BY_NAME, SETTINGS, TOUCHES, Setting, checked
from tests.kit.examples import examples
from tests.kit.invalid import invalid


def check(name: str, value: object) -> object:
    return BY_NAME[name].check(name, value)


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("channel.name", "  Ann's kitchen ", "Ann's kitchen"),
        ("channel.summary", "Two lines,\r\n\tone tab", "Two lines,\r\n\tone tab"),
        ("channel.title", "", ""),
        ("channel.title", "日本語 🎬 " + "x" * 190, "日本語 🎬 " + "x" * 190),
        ("channel.page_content", "x" * 100_000, "x" * 100_000),
        ("channel.tags", ["#music", "live", "##live", " # ", "music "], ["music", "live"]),
        ("channel.tags", [], []),
        ("channel.nsfw", True, True),
        (
            "channel.social_handles",
            [{"platform": "matrix", "url": "matrix:r/ann:example.com", "icon": "/x.svg"}],
            [{"platform": "matrix", "url": "matrix:r/ann:example.com"}],
        ),
        ("node.public_url", "https://live.example/", "https://live.example"),
        ("node.public_url", "http://live.example:8080//", "http://live.example:8080"),
        ("node.public_url", "https://8.8.8.8", "https://8.8.8.8"),
        ("broadcast.grace_s", 0, 0),
        ("broadcast.grace_s", 600.0, 600),
        ("hls.part_ms", 100, 100),
        ("hls.segment_s", 1.5, 1.5),
        ("hls.segment_s", 10, 10.0),
        ("hls.window_segments", 60, 60),
        ("chat.forbidden_names", [" boss ", "", "boss", "Chef"], ["boss", "Chef"]),
        ("chat.blocked_words", [], []),
        ("chat.welcome", "# Hello\n\nbe kind ", "# Hello\n\nbe kind"),
        ("chat.slow_s", 30.0, 30),
        ("notice.at_end", "leave", "leave"),
        ("notice.language", " pt-BR ", "pt-BR"),
        ("notice.language", "", ""),
        ("federation.also_known_as", [" https://a.example/@ann ", ""], ["https://a.example/@ann"]),
    ],
)
def test_a_value_within_the_limits_is_taken_and_tidied(name: str, value: object, stored: object) -> None:
    found = check(name, value)
    assert found == stored
    assert type(found) is BY_NAME[name].type
    assert check(name, found) == found, "what is stored must be taken again at the next start"


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("channel.name", "", "must not be empty"),
        ("channel.name", " \t ", "must not be empty"),
        ("channel.name", "x" * 101, "must be at most 100 characters"),
        ("channel.name", "two\nlines", "no line breaks"),
        ("channel.name", "two\u2028lines", "no line breaks"),
        ("channel.name", "a\x1bb", "no control characters"),
        ("channel.name", None, "must be a text"),
        ("channel.name", ["x"], "must be a text"),
        ("channel.summary", "a\0b", "no control characters"),
        ("channel.summary", "half a character \ud83d", "no control characters"),
        ("channel.title", "x" * 201, "at most 200"),
        ("channel.page_content", "x" * 100_001, "at most 100000"),
        ("channel.tags", "music", "must be a list"),
        ("channel.tags", ["x"] * 31, "at most 30"),
        ("channel.tags", ["x" * 51], "at most 50"),
        ("channel.tags", [3], "must be a text"),
        ("chat.suggested_names", "boss", "must be a list"),
        ("federation.also_known_as", ["javascript:alert(1)"], "must be addresses"),
        ("federation.also_known_as", ["https://a.example/1"] * 11, "at most 10"),
        ("chat.suggested_names", ["x"] * 501, "at most 500"),
        ("chat.suggested_names", ["x" * 65], "at most 64"),
        ("chat.blocked_words", ["two\nlines"], "no line breaks"),
        ("chat.welcome", "x" * 2001, "at most 2000"),
        ("chat.slow_s", -1, "between 0 and 3600"),
        ("channel.nsfw", 1, "must be true or false"),
        ("channel.nsfw", "true", "must be true or false"),
        ("channel.social_handles", {"platform": "x", "url": "y"}, "must be a list"),
        ("channel.social_handles", ["https://x.example"], "must each have a platform"),
        ("channel.social_handles", [{"platform": "x"}], "must be a text"),
        ("channel.social_handles", [{"platform": "", "url": "https://x.example"}], "must not be empty"),
        ("channel.social_handles", [{"platform": "x", "url": "javascript:alert(1)"}], "must begin with one of"),
        ("channel.social_handles", [{"platform": "x", "url": " JavaScript:alert(1)"}], "must begin with one of"),
        ("channel.social_handles", [{"platform": "x", "url": "//x.example"}], "must begin with one of"),
        ("channel.social_handles", [{"platform": "x", "url": "http"}], "must begin with one of"),
        ("broadcast.grace_s", -1, "between 0 and 600"),
        ("broadcast.grace_s", 601, "between 0 and 600"),
        ("broadcast.grace_s", 1.5, "whole number"),
        ("broadcast.grace_s", True, "must be a number"),
        ("broadcast.grace_s", "60", "must be a number"),
        pytest.param("broadcast.grace_s", 10**400, "between 0 and 600", id="a number larger than any float"),
        ("hls.segment_s", float("nan"), "between 1 and 10"),
        ("hls.segment_s", float("inf"), "between 1 and 10"),
        ("hls.segment_s", 0.9, "between 1 and 10"),
        ("hls.part_ms", 99, "between 100 and 1000"),
        ("notice.at_end", "burn", "must be one of update, delete, leave"),
        ("notice.picture", ["card"], "must be one of card, picture"),
        ("notice.language", "english please", "must be the tag of a language"),
    ],
)
def test_a_value_outside_the_limits_is_refused_with_the_reason(name: str, value: object, why: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check(name, value)
    assert why in explain(refusal.value)
    assert refusal.value.field.startswith(name)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "live.example",
            "ftp://live.example",
            "https://",
            "https:///path",
            "https://live.example/path",
            "https://live.example/path/",
            "//live.example",
            "https://a b.example",
        ),
        *("https://[::1", "https://live.example:port", "https://ann:pw@live.example"),
        *("https://live.example/?x=1", "https://live.example/#here"),
    ],
)
def test_a_server_url_without_a_host_is_refused_in_the_words_that_clients_know(url: str) -> None:
    with invalid(r"^server url value invalid"):
        check("node.public_url", url)


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "192.168.1.2:8080", "127.0.0.1", "169.254.1.1", "[::1]", "[fd00::1]", "0.0.0.0"]
)
def test_a_private_server_url_is_refused_in_the_words_that_clients_know(host: str) -> None:
    with invalid(r"^Server URL cannot be private$"):
        check("node.public_url", f"http://{host}/")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["platform", "url", "x"]), inner),
    max_leaves=8,
)


@examples(300)
@given(st.sampled_from(SETTINGS), JSON)
def test_whatever_arrives_is_taken_as_plain_json_or_refused(setting: Setting, value: object) -> None:
    try:
        stored = setting.check(setting.name, value)
    except Invalid:
        return
    assert type(stored) is setting.type
    assert json.loads(json.dumps(stored, allow_nan=False)) == stored
    assert setting.check(setting.name, stored) == stored


DEFAULTS: dict[str, object] = {
    "channel.name": "Fedistream",
    "channel.summary": "",
    "channel.title": "",
    "channel.offline_message": "",
    "channel.page_content": "",
    "channel.tags": [],
    "channel.logo": "",
    "node.favicon": "",
    "channel.nsfw": False,
    "channel.social_handles": [],
    "channel.hide_viewer_count": False,
    "node.public_url": "",
    "node.disable_search_indexing": False,
    "page.custom_styles": "",
    "page.custom_javascript": "",
    "page.appearance": {},
    "page.external_actions": [],
    "page.autoplay": "always",
    "directory.enabled": False,
    "directory.url": "",
    "node.web_port": 0,
    "node.web_address": "",
    "node.rtmp_port": 0,
    "node.rtmp_address": "",
    "video.codec": "copy",
    "video.ffmpeg_path": "",
    "video.latency_level": 0,
    "video.renditions": [dict(PASSTHROUGH)],
    "storage.s3": dict(NO_STORAGE),
    "storage.serving_endpoint": "",
    "node.socket_host": "",
    "notifications.discord": {"enabled": False, "webhook": "", "goLiveMessage": ""},
    "notifications.browser": {"enabled": False, "goLiveMessage": ""},
    "schedule.enabled": False,
    "schedule.show_countdown": False,
    "schedule.chat_open_minutes": 0,
    "schedule.reminder_message": "",
    "broadcast.grace_s": 60,
    "hls.part_ms": 333,
    "hls.segment_s": 2.0,
    "hls.window_segments": 15,
    "chat.enabled": True,
    "chat.join_messages": False,
    "chat.established_only": False,
    "chat.signed_in_only": False,
    "chat.spam_protection": True,
    "chat.slur_filter": False,
    "chat.blocked_words": [],
    "chat.forbidden_names": ["fedistream", "operator", "admin", "system"],
    "chat.suggested_names": [],
    "chat.welcome": "",
    "chat.default_emoji": True,
    "chat.slow_s": 0,
    "chat.offline_s": 300,
    "chat.retention_days": 30,
    "backup.hourly_kept": 3,
    "federation.enabled": False,
    "federation.private": False,
    "federation.show_engagement": True,
    "federation.username": "streamer",
    "federation.replies": "held",
    "federation.replies_from": "all",
    "federation.live_message": "I've gone live!",
    "federation.blocked_domains": [],
    "federation.blocked_accounts": [],
    "federation.hold_unknown": False,
    "federation.hold_younger_days": 0,
    "federation.hold_automated": False,
    "federation.known_domains": [],
    "federation.known_only": False,
    "federation.also_known_as": [],
    "federation.quotes": True,
    "federation.hide_followers": False,
    "federation.signed_reading": False,
    "notice.delay_s": 120,
    "notice.cooldown_s": 600,
    "notice.picture": "card",
    "notice.at_end": "update",
    "notice.ended_message": "The stream has ended.",
    "notice.language": "",
}


def test_the_defaults_are_ours() -> None:
    assert {row.name: row.default for row in SETTINGS} == DEFAULTS


def test_a_part_always_fits_into_a_segment() -> None:
    longest_part, shortest_segment = check("hls.part_ms", 1000), check("hls.segment_s", 1)
    assert isinstance(longest_part, int)
    assert isinstance(shortest_segment, float)
    assert longest_part <= shortest_segment * 1000


def test_everything_that_can_be_touched_is_touched_by_something() -> None:
    assert {touch for row in SETTINGS for touch in row.touches} == set(TOUCHES)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"name": "channel.nsfw"}, "one name"),
        ({"owncast_path": "nsfw"}, "one path"),
        ({"aliases": ("nsfw",)}, "one path"),
        ({"owncast_path": "", "aliases": ("title",)}, "former paths and no path"),
        ({"opposite": True}, "has no opposite"),
        ({"default": 5}, "another type"),
        ({"default": "two\nlines"}, "fails its check"),
        ({"touches": frozenset()}, "touches nothing"),
        ({"touches": frozenset({"weather"})}, "touches what is not known"),
    ],
)
def test_a_table_that_cannot_be_right_does_not_start(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        checked([replace(BY_NAME["channel.name"], **wrong), *SETTINGS[1:]])


@pytest.mark.parametrize(
    "url", ["https://live.example", "https://live.example/", "http://127.0.0.1:8080", "http://[::1]:8080"]
)
def test_the_flag_of_the_public_address_may_be_private(url: str) -> None:
    assert flagged_address(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        *("https://live.example/stream", "https://live.example/?x", "https://live.example/#x", "live.example"),
        *(
            "ftp://live.example",
            "https://",
            "https://a@live.example",
            "https://live.example:port",
            "https://[a.example",
        ),
    ],
)
def test_a_public_address_with_a_path_or_of_another_kind_is_refused_in_one_line(url: str) -> None:
    with invalid("must be like https://name") as caught:
        flagged_address(url)
    assert "--public-url" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("given", [["Eve@Bad.example", "@eve@bad.example", ""], ["eve@bad.example"]])
def test_handles_of_people_are_kept_once_in_small_letters(given: list[str]) -> None:
    assert check("federation.blocked_accounts", given) == ["eve@bad.example"]


@pytest.mark.parametrize("given", ["eve@bad.example", ["eve"], ["@bad.example"], ["a b@bad.example"], [7]])
def test_what_is_nobodys_handle_is_refused(given: object) -> None:
    with pytest.raises(Invalid):
        check("federation.blocked_accounts", given)
