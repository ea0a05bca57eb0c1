"""Facts: their names, and their way through JSON and back."""

import inspect
import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedistream.core import events
from fedistream.core.events import (
    FACTS,
    BadFact,
    EncoderLost,
    Fact,
    MessagesHidden,
    SettingChanged,
    TitleChanged,
    from_json,
    to_json,
)
from tests.kit.examples import examples

NOW = datetime(2026, 5, 1, 12, 0, 0, 1, tzinfo=UTC)
TITLE: dict[str, Any] = to_json(TitleChanged(3, "Now with sound", NOW))
HIDDEN: dict[str, Any] = to_json(MessagesHidden(3, ("abc", "def"), "admin", NOW))

VALUES = {
    "int": st.integers(0, 2**62),
    "bool": st.booleans(),
    "str": st.text(max_size=30),
    "datetime": st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))])),
    "int | None": st.none() | st.integers(0, 2**62),
    "tuple": st.lists(st.text(max_size=15), max_size=5).map(tuple),
}


def any_fact(kind: type[Fact]) -> st.SearchStrategy[Fact]:
    names = {field.name: getattr(field.type, "__name__", str(field.type)) for field in fields(kind)}
    return st.builds(kind, **{name: VALUES[type_name] for name, type_name in names.items()})


def test_the_printed_names_are_derived_from_the_classes() -> None:
    assert list(FACTS) == [
        *("broadcast.started", "encoder.lost", "encoder.returned", "broadcast.ended"),
        *("title.changed", "setting.changed", "publish.refused"),
        *("chat.message.sent", "messages.hidden", "messages.shown"),
        *("visitor.joined", "visitor.parted", "visitor.renamed"),
        *("visitor.signed.in", "visitor.disabled", "visitor.enabled"),
        *("follow.received", "follow.approved", "follower.removed", "post.liked", "post.shared"),
        *("reply.received", "reply.changed", "reply.withdrawn", "flag.received"),
        *("scheduled.event.created", "scheduled.event.changed", "scheduled.event.cancelled"),
        *("scheduled.event.coming", "scheduled.event.started", "scheduled.event.ended"),
    ]


def test_every_fact_is_in_the_table_with_a_docstring_and_a_time() -> None:
    written = {
        kind
        for name, kind in inspect.getmembers(events, inspect.isclass)
        if issubclass(kind, Fact) and kind is not Fact and not name.startswith("_")
    }
    assert written == set(FACTS.values())
    for kind in written:
        assert kind.__doc__
        assert not kind.__doc__.startswith(f"{kind.__name__}("), f"{kind.__name__} has the generated docstring"
        assert {field.name: field.type for field in fields(kind)}["at"] is datetime


@examples(200)
@given(st.sampled_from(list(FACTS.values())).flatmap(any_fact))
def test_every_fact_comes_back_from_json_as_it_was(fact: Fact) -> None:
    assert from_json(json.loads(json.dumps(to_json(fact)))) == fact


def test_the_json_is_plain_and_says_its_name() -> None:
    assert to_json(SettingChanged("channel.nsfw", None, NOW)) == {
        "fact": "setting.changed",
        "setting": "channel.nsfw",
        "channel_id": None,
        "at": "2026-05-01T12:00:00.000001+00:00",
    }


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({}, "there is no fact None"),
        ({**TITLE, "fact": "title.painted"}, "there is no fact 'title.painted'"),
        ({**TITLE, "fact": ["title.changed"]}, "there is no fact"),
        ({**TITLE, "colour": "red"}, "title.changed has no colour"),
        ({name: value for name, value in TITLE.items() if name != "at"}, "title.changed lacks at"),
        ({**TITLE, "at": "yesterday"}, "at is no time"),
        ({**TITLE, "at": 1777636800}, "at cannot be 1777636800"),
        ({**TITLE, "channel_id": "3"}, "channel_id cannot be '3'"),
        ({**TITLE, "channel_id": True}, "channel_id cannot be True"),
        ({**TITLE, "channel_id": None}, "channel_id cannot be None"),
        ({**TITLE, "title": None}, "title cannot be None"),
        ({**HIDDEN, "message_ids": "abc"}, "message_ids must be a list of texts"),
        ({**HIDDEN, "message_ids": ["abc", 1]}, "message_ids must be a list of texts"),
    ],
)
def test_a_row_that_is_no_fact_is_refused_with_the_reason(row: dict[str, Any], why: str) -> None:
    with pytest.raises(BadFact, match=why.replace("[", r"\[")):
        from_json(row)


def test_facts_cannot_be_changed() -> None:
    fact = EncoderLost(1, 2, NOW, NOW)
    with pytest.raises(AttributeError):
        fact.at = NOW  # type: ignore[misc]
    assert hash(fact) == hash(EncoderLost(1, 2, NOW, NOW))
