"""The payloads, compared with those that a real server sent (`tests/vectors/webhooks`)."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fedistream.chat.values import Role, Visitor
from fedistream.core import events
from fedistream.schedule.values import ScheduledEvent, Status
from fedistream.webhooks import payloads
from fedistream.webhooks.payloads import Occasion, event_of, payload
from fedistream.webhooks.values import About, Event, StreamStatus

VECTORS = Path(__file__).parents[2] / "vectors" / "webhooks" / "owncast-0.2.3.jsonl"
SENT: list[dict[str, Any]] = [json.loads(line) for line in VECTORS.read_text().splitlines()]
AT = datetime(2026, 5, 1, 18, tzinfo=UTC)
UNSET = "0001-01-01T00:00:00Z"


def time(text: str) -> datetime:
    """A time as the real server prints it, which has up to nine digits of a second."""
    whole, _, part = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{part[:6]:0<6}+00:00")


def time_or_none(text: str | None) -> datetime | None:
    return None if text in (None, UNSET) else time(str(text))


def status_of(sent: dict[str, Any]) -> StreamStatus:
    return StreamStatus(
        online=sent["online"],
        connected_at=time_or_none(sent["lastConnectTime"]),
        disconnected_at=time_or_none(sent["lastDisconnectTime"]),
        title=sent["streamTitle"],
        viewers=sent["viewerCount"],
        overall_peak=sent["overallMaxViewerCount"],
        session_peak=sent["sessionMaxViewerCount"],
        version=sent["versionNumber"],
    )


def visitor_of(sent: dict[str, Any]) -> Visitor:
    renamed_at = time_or_none(sent["nameChangedAt"])
    return Visitor(
        id=sent["id"],
        name=sent["displayName"],
        colour=sent["displayColor"],
        created_at=time(sent["createdAt"]),
        previous_names=tuple(sent["previousNames"]) if renamed_at else (),
        renamed_at=renamed_at,
    )


def fact_of(kind: str, data: dict[str, Any]) -> events.Fact:
    """The fact that leads to what was sent."""
    at = time(data["timestamp"])
    user = data["user"]["id"] if data.get("user") else ""
    if kind == "CHAT":
        return events.ChatMessageSent(
            1, data["id"], "chat", "web", user, data["clientId"], data["rawBody"], data["body"], at
        )
    made: dict[str, events.Fact] = {
        "STREAM_STARTED": events.BroadcastStarted(1, 1, "", at),
        "STREAM_STOPPED": events.BroadcastEnded(1, 1, "", at),
        "STREAM_TITLE_UPDATED": events.TitleChanged(1, data["status"]["streamTitle"], at),
        "USER_JOINED": events.VisitorJoined(1, user, at),
        "USER_PARTED": events.VisitorParted(1, user, at),
        "NAME_CHANGE": events.VisitorRenamed(1, user, "carol", data.get("newName", ""), 1, at),
        "VISIBILITY-UPDATE": events.MessagesHidden(1, tuple(data.get("ids", ())), "admin", at),
    }
    return made[kind]


def cut(value: Any) -> Any:
    """The same with times of microseconds, as ours are."""
    if isinstance(value, dict):
        return {name: cut(each) for name, each in value.items()}
    if isinstance(value, str) and value.endswith("Z") and value[:2] in ("20", "00"):
        return UNSET if value == UNSET else payloads.moment(time(value))
    return value


@pytest.mark.parametrize("sent", SENT, ids=lambda sent: sent["type"])
def test_payloads_are_those_of_the_real_server(sent: dict[str, Any]) -> None:
    data = sent["eventData"]
    if sent["type"] == "NAME_CHANGE":
        # version 0.2.3 forgot both; since 0.3.0 they are documented
        data |= {"id": "abc", "timestamp": "2026-11-30T00:35:07.830619886Z"}
    visitor = visitor_of(data["user"]) if data.get("user") else None
    about = About(data.get("name", ""), data.get("summary", ""), data.get("serverURL", ""))
    now = Occasion(data["id"], status_of(data["status"]), about, visitor)
    made = payload(fact_of(sent["type"], data), now)
    ours = {"serverURL": "", "MessageIDs": data.get("ids"), "Visible": data.get("visible")}
    added = made["eventData"].keys() - data.keys()
    assert added <= ours.keys()
    expected = cut(data) | {name: ours[name] for name in added}
    assert made == {"type": sent["type"], "eventData": expected}


def test_a_user_has_what_is_set_and_no_more() -> None:
    made = payloads.user(Visitor("v", "Mod", 3, AT, Role.MODERATOR, ("Old",), AT, authenticated_at=AT, disabled_at=AT))
    assert (made["scopes"], made["authenticated"], made["previousNames"]) == (["MODERATOR"], True, ["Old"])
    assert made["nameChangedAt"] == made["disabledAt"] == made["authenticatedAt"] == "2026-05-01T18:00:00Z"
    plain = payloads.user(Visitor("v", "Ann", 3, AT))
    assert {"scopes", "disabledAt", "authenticatedAt"}.isdisjoint(plain)
    assert (plain["previousNames"], plain["nameChangedAt"], plain["isBot"]) == (["Ann"], UNSET, False)


def said(kind: str = "chat", origin: str = "web") -> events.ChatMessageSent:
    return events.ChatMessageSent(1, "m", kind, origin, "v", 2, "x", "<p>x</p>", AT)


@pytest.mark.parametrize(
    ("fact", "event"),
    [
        (said(), Event.CHAT),
        (said(origin="integration"), None),
        (said("system", "node"), None),
        (said("action", "node"), None),
        (said("follow", "fediverse"), None),
        (said(origin="fediverse"), None),
        (events.TitleChanged(1, "x", AT), Event.STREAM_TITLE_UPDATED),
        (events.TitleChanged(1, "", AT), None),
        (events.FollowReceived(1, "https://a.example/a", "Ann", "a@a.example", "", "accepted", AT), Event.FOLLOW),
        (events.FollowReceived(1, "https://a.example/a", "Ann", "a@a.example", "", "pending", AT), None),
        (events.FollowApproved(1, "https://a.example/a", "Ann", "a@a.example", "", AT), Event.FOLLOW),
        (events.MessagesShown(1, ("a",), "admin", AT), Event.VISIBILITY_UPDATE),
    ],
)
def test_only_what_other_servers_send_is_an_event(fact: events.Fact, event: Event | None) -> None:
    assert event_of(fact) is event


ACTOR = ("https://a.example/a", "Ann", "a@a.example", "https://a.example/a.png")


@pytest.mark.parametrize(
    ("fact", "members"),
    [
        (events.FollowApproved(1, *ACTOR, AT), {"name": "Ann", "username": "a@a.example", "image": ACTOR[3]}),
        (events.PostLiked(1, "https://n.example/1", *ACTOR, "❤", AT), {"post": "https://n.example/1", "reaction": "❤"}),
        (events.PostShared(1, "https://n.example/1", *ACTOR, AT), {"post": "https://n.example/1", "link": ACTOR[0]}),
        (
            events.ReplyReceived(1, "https://a.example/n", *ACTOR, "held", AT),
            {"note": "https://a.example/n", "held": True},
        ),
        (
            events.FollowerRemoved(1, ACTOR[0], "a@a.example", "moved", AT),
            {"reason": "moved", "username": "a@a.example"},
        ),
        (events.EncoderLost(1, 1, AT, AT), {"until": "2026-05-01T18:00:00Z"}),
        (
            events.ScheduledEventComing(1, "e", "s", "Pots", "Bowls", AT, 60, "Europe/Berlin", AT),
            {
                "action": "10-minute-warning",
                "event": {
                    "id": "e",
                    "seriesId": "s",
                    "name": "Pots",
                    "description": "Bowls",
                    "startTime": "2026-05-01T18:00:00Z",
                    "durationMinutes": 60,
                    "timezone": "Europe/Berlin",
                    "status": "scheduled",
                },
                "timestamp": "2026-05-01T18:00:00Z",
            },
        ),
        (events.ScheduledEventStarted(1, "e", "", "Pots", "", AT, 60, "UTC", AT), {"action": "started"}),
        (events.ScheduledEventEnded(1, "e", "", "Pots", "", AT, 60, "UTC", AT), {"action": "ended"}),
        (events.EncoderReturned(1, 1, AT), {"timestamp": "2026-05-01T18:00:00Z"}),
        (events.MessagesShown(1, ("a", "b"), "v", AT), {"ids": ["a", "b"], "MessageIDs": ["a", "b"], "Visible": True}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_events_beyond_those_captured_have_their_members(fact: events.Fact, members: dict[str, object]) -> None:
    status = StreamStatus(True, AT, None, "", 0, 0, 0, "0.1")
    data = payload(fact, Occasion("abc", status, About("Node", "", "https://n.example")))["eventData"]
    assert members.items() <= data.items()
    assert (data["id"], data["serverURL"]) == ("abc", "https://n.example")
    assert data["timestamp"] == "2026-05-01T18:00:00Z"


def test_a_start_within_the_time_of_a_scheduled_event_names_it() -> None:
    event = ScheduledEvent("e", 1, "s", "Pots", "", AT, 60, "UTC", Status.SCHEDULED, AT, AT)
    now = Occasion("abc", StreamStatus(True, AT, None, "", 0, 0, 0, "0.1", event), About("Node", "", ""))
    started = payload(events.BroadcastStarted(1, 7, "Pots", AT), now)["eventData"]["scheduledEvent"]
    coming = events.ScheduledEventComing(1, "e", "s", "Pots", "", AT, 60, "UTC", AT)
    assert started == payload(coming, now)["eventData"]["event"]
    assert "scheduledEvent" not in payload(events.TitleChanged(1, "Bowls", AT), now)["eventData"]
