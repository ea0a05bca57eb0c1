"""The document's webhooks: one for each event, with the shape of what is sent."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from fedistream.api.openapi.document import document
from fedistream.chat.values import Role, Visitor
from fedistream.core import events
from fedistream.schedule.values import ScheduledEvent, Status
from fedistream.webhooks import payloads
from fedistream.webhooks.payloads import FACTS, Occasion, payload
from fedistream.webhooks.values import About, Event, StreamStatus

DOCUMENT = document(closed=True)
VECTORS = Path(__file__).parents[3] / "vectors" / "webhooks" / "owncast-0.2.3.jsonl"
AT = datetime(2026, 5, 1, 18, tzinfo=UTC)
ACTOR = ("https://a.example/a", "Ann", "a@a.example", "https://a.example/a.png")
EVENT = ScheduledEvent("e", 1, "s", "Pots", "", AT, 60, "UTC", Status.SCHEDULED, AT, AT)
VISITOR = Visitor("v", "Mod", 3, AT, Role.MODERATOR, ("Old",), AT, authenticated_at=AT, disabled_at=AT)
NOW = Occasion(
    "abc", StreamStatus(True, AT, None, "", 0, 0, 0, "0.1", EVENT), About("N", "", "https://n.example"), VISITOR
)
SENT: tuple[events.Fact, ...] = (
    events.ChatMessageSent(1, "m", "chat", "web", "v", 2, "x", "<p>x</p>", AT),
    events.ChatMessageSent(1, "m", "chat", "web", "v", 0, "x", "<p>x</p>", AT),
    events.VisitorRenamed(1, "v", "carol", "dora", 1, AT),
    events.VisitorJoined(1, "v", AT),
    events.VisitorParted(1, "v", AT),
    events.MessagesHidden(1, ("a",), "admin", AT),
    events.MessagesShown(1, ("a",), "admin", AT),
    events.BroadcastStarted(1, 1, "", AT),
    events.BroadcastEnded(1, 1, "", AT),
    events.TitleChanged(1, "x", AT),
    events.EncoderLost(1, 1, AT, AT),
    events.EncoderReturned(1, 1, AT),
    events.FollowReceived(1, *ACTOR, "accepted", AT),
    events.FollowApproved(1, *ACTOR, AT),
    events.PostLiked(1, "https://n.example/1", *ACTOR, "❤", AT),
    events.PostLiked(1, "https://n.example/1", *ACTOR, "", AT),
    events.PostShared(1, "https://n.example/1", *ACTOR, AT),
    events.ReplyReceived(1, "https://a.example/n", *ACTOR, "held", AT),
    events.FollowerRemoved(1, ACTOR[0], "a@a.example", "moved", AT),
    events.ScheduledEventComing(1, "e", "s", "Pots", "Bowls", AT, 60, "Europe/Berlin", AT),
    events.ScheduledEventStarted(1, "e", "", "Pots", "", AT, 60, "UTC", AT),
    events.ScheduledEventEnded(1, "e", "", "Pots", "", AT, 60, "UTC", AT),
)


def faults(sent: dict[str, Any]) -> list[str]:
    """Return what in a payload is not as the document says."""
    content = DOCUMENT["webhooks"][sent["type"]]["post"]["requestBody"]["content"]["application/json"]
    schema = content["schema"] | {"components": DOCUMENT["components"]}
    return [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(sent)]


def test_every_event_is_in_it() -> None:
    assert DOCUMENT["webhooks"].keys() == {event.value for event in Event}


def test_every_fact_is_tried() -> None:
    assert {type(fact) for fact in SENT} == set(FACTS)


@pytest.mark.parametrize("fact", SENT, ids=lambda fact: type(fact).__name__)
def test_what_is_sent_has_the_shape_of_the_document(fact: events.Fact) -> None:
    sent = payload(fact, NOW)
    assert faults(sent) == []
    assert faults(sent | {"eventData": sent["eventData"] | {"timestamp": 1}})
    assert faults(sent | {"eventData": sent["eventData"] | {"unknown": 1}})


def test_the_test_event_has_the_shape_of_the_document() -> None:
    assert faults(payloads.test_payload(AT, NOW)) == []


def test_what_a_real_server_sent_lacks_only_what_is_ours() -> None:
    for line in VECTORS.read_text().splitlines():
        sent = json.loads(line)
        ours = {
            f'"{name}" is a required property' for name in ("serverURL", "MessageIDs", "Visible", "id", "timestamp")
        }
        assert set(faults(sent)) <= ours, sent
