"""Settings as form fields, there and back."""

import pytest

from fedistream.api.pages import fields
from tests.kit.invalid import invalid

LINKS = [
    {"platform": "mastodon", "url": "https://social.example/@me"},
    {"platform": "My own site", "url": "https://me.example/"},
]


@pytest.mark.parametrize(
    ("name", "value", "typed"),
    [
        ("channel.title", "Evening", "Evening"),
        ("channel.tags", ["boats", "slow tv"], "boats, slow tv"),
        ("channel.tags", [], ""),
        ("channel.social_handles", LINKS, "mastodon https://social.example/@me\nMy own site https://me.example/"),
        ("broadcast.grace_s", 60, "60"),
        ("broadcast.grace_s", 7.5, "7.5"),
    ],
)
def test_a_setting_comes_back_as_it_was_written(name: str, value: object, typed: str) -> None:
    assert fields.write(name, value) == typed
    assert fields.read(name, typed) == value


def test_tags_may_be_typed_as_people_type_them() -> None:
    assert fields.read("channel.tags", " #boats,, slow tv ,# ") == ["boats", "slow tv"]


def test_links_may_have_empty_lines_between_them() -> None:
    assert fields.read("channel.social_handles", "\n\n  web   https://a.example \n\n") == [
        {"platform": "web", "url": "https://a.example"}
    ]


def test_a_link_needs_a_label_and_an_address() -> None:
    with invalid("label and an address"):
        fields.read("channel.social_handles", "https://a.example")


def test_there_is_an_end_to_links() -> None:
    with invalid("at most"):
        fields.read("channel.social_handles", "web https://a.example\n" * (fields.MAX_LINKS + 1))


@pytest.mark.parametrize("typed", ["", "soon", "1e", "--1"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with invalid("number"):
        fields.read("broadcast.grace_s", typed)


@pytest.mark.parametrize("typed", ["inf", "-inf", "nan", "1e999"])
def test_infinity_is_no_number_of_seconds(typed: str) -> None:
    with invalid("number"):
        fields.read("broadcast.grace_s", typed)


@pytest.mark.parametrize(("enabled", "typed"), [(False, ""), (True, "on")])
def test_the_form_asks_whether_the_chat_is_enabled(enabled: bool, typed: str) -> None:
    assert fields.write("chat.enabled", enabled) == typed
    assert fields.read("chat.enabled", typed) is enabled
