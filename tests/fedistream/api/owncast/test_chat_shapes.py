"""The shapes of the chat that no call shows yet, or not in full."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from fedistream.api.owncast import chat_shapes
from fedistream.api.owncast.shapes import Json
from fedistream.chat import values

AT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
STAMP = "2026-05-01T12:00:00Z"
ANN = values.Visitor("a1", "Ann", 3, AT)
MESSAGE = values.Message("m1", 1, values.Kind.CHAT, values.Origin.WEB, "hi", "<p>hi</p>", AT, ANN)
BOB = values.RemoteAuthor(
    "Bob", "bob@social.example", "https://social.example/@bob", "https://social.example/bob.png", "/img/remote/x/y"
)


def test_users_have_a_moderator_scope_and_the_time_of_sign_in() -> None:
    shape = chat_shapes.user(
        replace(ANN, role=values.Role.MODERATOR, authenticated_at=AT, renamed_at=AT, disabled_at=AT)
    )
    assert (shape["scopes"], shape["authenticated"]) == (["MODERATOR"], True)
    assert shape["authenticatedAt"] == shape["nameChangedAt"] == shape["disabledAt"] == STAMP
    assert not {"scopes", "authenticatedAt", "disabledAt"} & chat_shapes.user(ANN).keys()


def test_the_first_name_is_a_previous_one_and_an_unset_time_is_the_zero_time() -> None:
    shape = chat_shapes.user(ANN)
    assert (shape["previousNames"], shape["nameChangedAt"]) == (["Ann"], "0001-01-01T00:00:00Z")
    renamed = chat_shapes.user(replace(ANN, name="Anna", previous_names=("Ann",), renamed_at=AT))
    assert (renamed["previousNames"], renamed["nameChangedAt"]) == (["Ann"], STAMP)
    bot = chat_shapes.user(replace(ANN, role=values.Role.BOT))
    assert bot["previousNames"] is None
    assert "nameChangedAt" not in bot


VECTORS = Path(__file__).parents[3] / "vectors" / "owncast"
FRAMES = [orjson.loads(line) for line in (VECTORS / "socket.jsonl").read_bytes().splitlines()]
OURS: dict[str, values.Event] = {
    "CONNECTED_USER_INFO": values.UserInfo(replace(ANN, role=values.Role.MODERATOR), "e1", AT),
    "USER_JOINED": values.Joined(ANN, "e1", AT),
    "USER_PARTED": values.Parted(ANN, "e1", AT),
    "NAME_CHANGE": values.Renamed(ANN, "Anna", "e1", AT),
    "CHAT": MESSAGE,
    "SYSTEM": replace(MESSAGE, kind=values.Kind.SYSTEM, visitor=None),
    "CHAT_ACTION": replace(MESSAGE, kind=values.Kind.ACTION, visitor=None),
    "VISIBILITY-UPDATE": values.Shown(("m1",), True, "e1", AT),
    "ERROR_USER_DISABLED": values.Disabled("e1", AT),
}


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame["type"])
def test_a_frame_has_each_member_of_the_one_that_a_real_server_sent(frame: Json) -> None:
    """The vectors are frames of Owncast 0.2.3, one of each kind."""
    if frame["type"] == "ERROR_NEEDS_REGISTRATION":
        assert frame == chat_shapes.NEEDS_REGISTRATION
        return
    ours = chat_shapes.event(OURS[str(frame["type"])], "Node")
    assert shape_of(frame).items() <= shape_of(ours).items()


def shape_of(frame: Json) -> dict[str, str]:
    """Return the type of each member by its path. A bot's names are null, which says nothing of the others'."""
    shape: dict[str, str] = {}
    for name, value in frame.items():
        if isinstance(value, dict):
            shape |= {f"{name}.{inner}": kind for inner, kind in shape_of(value).items()}
        elif value is not None or name == "user":
            shape[name] = type(value).__name__
    return shape


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (values.Kind.FOLLOW, "FEDIVERSE_ENGAGEMENT_FOLLOW"),
        (values.Kind.LIKE, "FEDIVERSE_ENGAGEMENT_LIKE"),
        (values.Kind.REPOST, "FEDIVERSE_ENGAGEMENT_REPOST"),
    ],
)
def test_engagement_has_title_image_link_and_who_it_was(kind: values.Kind, name: str) -> None:
    said = replace(MESSAGE, kind=kind, visitor=None, remote=BOB, title="bob@social.example", image="i", link="l")
    assert chat_shapes.message(said, "Node") == {
        "id": "m1",
        "timestamp": STAMP,
        "type": name,
        "body": "<p>hi</p>",
        "origin": "web",
        "title": "bob@social.example",
        "image": "i",
        "link": "l",
        "picture": "/img/remote/x/y",
        "user": {"displayName": "Bob"},
    }


def test_somebody_from_elsewhere_is_a_user_to_clients_that_know_no_others() -> None:
    said = replace(MESSAGE, origin=values.Origin.FEDIVERSE, visitor=None, remote=BOB)
    user = chat_shapes.message(said, "Node")["user"]
    assert isinstance(user, dict)
    assert (user["id"], user["displayName"], user["remote"]["avatar"]) == (
        *(BOB.address, f"Bob (@{BOB.address})", BOB.avatar),
    )
    assert user["remote"]["name"] == "Bob"
    assert 0 <= user["displayColor"] <= 7
    assert set(chat_shapes.user(ANN)) - set(user) == {"nameChangedAt"}
    assert user["previousNames"] == ["Bob"]


def test_what_has_a_warning_is_not_in_the_body_that_other_clients_show() -> None:
    link = 'https://r.example/"1'
    said = replace(
        MESSAGE, origin=values.Origin.FEDIVERSE, visitor=None, remote=BOB, warning="the <end>", link=link, edited_at=AT
    )
    shape = chat_shapes.message(said, "Node")
    assert shape["body"] == (
        '<p>the &lt;end&gt;</p><p><a href="https://r.example/&quot;1" '
        'rel="noopener noreferrer nofollow" target="_blank">…</a></p>'
    )
    assert (shape["content"], shape["warning"]) == ("<p>hi</p>", "the <end>")
    assert (shape["link"], shape["editedAt"]) == (link, STAMP)
    plain = chat_shapes.message(MESSAGE, "Node")
    assert not {"content", "warning", "link", "editedAt"} & plain.keys()


def test_an_edit_is_an_event_of_its_own_with_the_message_as_it_is_now() -> None:
    assert chat_shapes.event(values.Edited(MESSAGE, "e1", AT), "Node") == {
        "id": "e1",
        "timestamp": STAMP,
        "type": "MESSAGE-UPDATE",
        "message": chat_shapes.message(MESSAGE, "Node"),
    }


def test_the_node_speaks_under_its_name_and_actions_under_none() -> None:
    said = replace(MESSAGE, kind=values.Kind.SYSTEM, visitor=None)
    assert chat_shapes.message(said, "My node")["user"] == {"displayName": "My node"}
    assert "user" not in chat_shapes.message(replace(said, kind=values.Kind.ACTION), "My node")


def test_events_carry_what_their_type_promises() -> None:
    assert chat_shapes.event(values.Parted(ANN, "e1", AT), "Node")["type"] == "USER_PARTED"
    assert chat_shapes.event(values.Recoloured(ANN, "e1", AT), "Node")["type"] == "COLOR_CHANGE"
    assert chat_shapes.event(values.Disabled("e1", AT), "Node") == {
        "id": "e1",
        "timestamp": STAMP,
        "type": "ERROR_USER_DISABLED",
        "user": None,
    }
    assert chat_shapes.event(values.Shown(("a", "b"), False, "e1", AT), "Node") == {
        "id": "e1",
        "timestamp": STAMP,
        "type": "VISIBILITY-UPDATE",
        "ids": ["a", "b"],
        "visible": False,
    }


def test_a_text_is_one_line_whatever_was_said() -> None:
    texts = chat_shapes.Texts(lambda channel: f"node {channel}")
    said = replace(MESSAGE, html="<pre>a\nb</pre>", kind=values.Kind.SYSTEM, visitor=None)
    text = texts(7, said)
    assert b"\n" not in text
    assert orjson.loads(text)["user"] == {"displayName": "node 7"}


def test_a_client_shows_how_much_it_said_and_where_it_is() -> None:
    shape = chat_shapes.client(values.Client(4, ANN, "192.0.2.1", "Firefox", AT, 9), None)
    assert (shape["id"], shape["ipAddress"], shape["messageCount"], shape["geo"]) == (4, "192.0.2.1", 9, None)


def test_answers_to_what_a_client_named() -> None:
    head = {"id": "e1", "timestamp": STAMP}
    accepted = chat_shapes.event(values.Accepted("r1", "e1", AT, "m1"), "Node")
    assert accepted == head | {"type": "ACCEPTED", "ref": "r1", "messageId": "m1"}
    assert chat_shapes.event(values.Accepted("r1", "e1", AT), "Node") == head | {"type": "ACCEPTED", "ref": "r1"}
    refused = values.Refused("r2", "slow-mode", "<p>Wait</p>", 2.1, "e1", AT)
    shape = head | {"type": "REFUSED", "ref": "r2", "reason": "slow-mode", "body": "<p>Wait</p>"}
    assert chat_shapes.event(refused, "Node") == shape | {"retryAfter": 3}
    assert chat_shapes.event(replace(refused, retry_s=None), "Node") == shape | {"retryAfter": None}
