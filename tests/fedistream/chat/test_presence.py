"""Presence: visitors join and leave, sockets only open and close."""

from dataclasses import replace

import pytest

from fedistream.chat.presence import PARTED_S, ChatConnection, Presence
from fedistream.chat.values import CloseReason, Parted, Visitor
from tests.kit.chatroom import RecordingListener, Timers

HOME, OTHER = 1, 2


class Watched:
    """Rooms, and who came and went."""

    def __init__(self) -> None:
        self.clock = Timers()
        self.presence = Presence(self.clock.clocks())
        self.told: list[str] = []
        self.presence.came = lambda connection: self.told.append(f"+{connection.visitor.name}")
        self.presence.went = lambda connection: self.told.append(f"-{connection.visitor.name}")

    def visitor(self, name: str) -> Visitor:
        return Visitor(name.lower(), name, 0, self.clock.now())

    def enter(self, name: str, channel_id: int = HOME) -> tuple[ChatConnection, RecordingListener]:
        listener = RecordingListener()
        return self.presence.enter(channel_id, self.visitor(name), listener, "192.0.2.1", "Firefox"), listener


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_a_visitor_joins_once_with_several_windows(watched: Watched) -> None:
    connections = [watched.enter("Ann")[0] for _ in range(3)]
    assert watched.told == ["+Ann"]
    assert watched.presence.count(HOME) == 3
    for connection in connections[:2]:
        watched.presence.leave(connection)
    watched.clock.advance(PARTED_S + 1)
    assert watched.told == ["+Ann"]


def test_a_visitor_parts_ten_seconds_after_the_last_socket_closed(watched: Watched) -> None:
    connection, _ = watched.enter("Ann")
    watched.presence.leave(connection)
    watched.presence.leave(connection)
    watched.clock.advance(PARTED_S - 0.1)
    assert watched.told == ["+Ann"]
    watched.clock.advance(0.1)
    assert watched.told == ["+Ann", "-Ann"]
    watched.enter("Ann")
    assert watched.told == ["+Ann", "-Ann", "+Ann"]


def test_a_page_reload_is_not_a_part_and_join(watched: Watched) -> None:
    for _ in range(4):
        connection, _ = watched.enter("Ann")
        watched.clock.advance(30)
        watched.presence.leave(connection)
        watched.clock.advance(PARTED_S - 1)
    assert watched.told == ["+Ann"]


def test_rooms_of_channels_are_apart(watched: Watched) -> None:
    _, here = watched.enter("Ann")
    _, there = watched.enter("Ann", OTHER)
    assert watched.told == ["+Ann", "+Ann"]
    event = Parted(watched.visitor("Ben"), "id", watched.clock.now())
    watched.presence.send(HOME, event)
    assert (here.heard, there.heard) == ([event], [])
    watched.presence.empty(OTHER, CloseReason.STOPPING)
    assert (here.closed, there.closed) == (None, CloseReason.STOPPING)


def test_a_client_tells_of_its_socket(watched: Watched) -> None:
    first, _ = watched.enter("Ann")
    watched.clock.advance(5)
    second, _ = watched.enter("Ben")
    second.messages += 2
    one, other = (connection.client() for connection in watched.presence.connections(HOME))
    assert (one.id, one.visitor.name, one.address, one.user_agent, one.messages) == (
        0,
        "Ann",
        "192.0.2.1",
        "Firefox",
        0,
    )
    assert (other.id, other.messages) == (1, 2)
    assert (other.connected_at - one.connected_at).total_seconds() == 5
    assert watched.presence.connection(1) is second
    watched.presence.leave(first)
    assert watched.presence.connection(0) is None


def test_a_visitor_who_signs_in_as_another_keeps_their_connections(watched: Watched) -> None:
    connection, _ = watched.enter("Ann")
    there, _ = watched.enter("Ann", OTHER)
    window, _ = watched.enter("Zoe")
    assert sorted(watched.presence.become("ann", watched.visitor("Zoe"))) == [HOME, OTHER]
    assert {each.visitor.name for each in (connection, there, window)} == {"Zoe"}
    assert len(list(watched.presence.of_visitor("zoe"))) == 3
    assert list(watched.presence.of_visitor("ann")) == []
    assert watched.presence.become("nobody", watched.visitor("Zoe")) == ()
    for each in (connection, there, window):
        watched.presence.leave(each)
    watched.clock.advance(PARTED_S)
    assert watched.told == ["+Ann", "+Ann", "+Zoe", "-Zoe", "-Zoe"]


def test_signing_in_as_a_leaving_visitor_cancels_the_part(watched: Watched) -> None:
    ann, _ = watched.enter("Ann")
    zoe, _ = watched.enter("Zoe")
    watched.presence.leave(zoe)
    watched.clock.advance(PARTED_S - 1)
    assert watched.presence.become("ann", watched.visitor("Zoe")) == (HOME,)
    watched.clock.advance(PARTED_S)
    assert watched.told == ["+Ann", "+Zoe"], "Zoe sits there"
    watched.presence.leave(ann)
    watched.clock.advance(PARTED_S - 1)
    back, _ = watched.enter("Zoe")
    watched.clock.advance(PARTED_S)
    watched.presence.leave(back)
    watched.clock.advance(PARTED_S)
    assert watched.told == ["+Ann", "+Zoe", "-Zoe"]


def test_a_visitor_who_returns_from_a_sign_in_has_not_parted(watched: Watched) -> None:
    ann, _ = watched.enter("Ann")
    watched.presence.leave(ann)
    watched.clock.advance(PARTED_S - 1)
    assert watched.presence.become("ann", watched.visitor("Zoe")) == (HOME,)
    watched.clock.advance(PARTED_S - 1)
    connection, _ = watched.enter("Zoe")
    watched.clock.advance(PARTED_S)
    assert watched.told == ["+Ann"]
    watched.presence.leave(connection)
    watched.clock.advance(PARTED_S)
    assert watched.told == ["+Ann", "-Zoe"]


def test_a_visitor_who_signed_in_and_left_parts_under_the_new_identity(watched: Watched) -> None:
    ann, _ = watched.enter("Ann")
    watched.presence.leave(ann)
    watched.presence.become("ann", watched.visitor("Zoe"))
    watched.clock.advance(PARTED_S)
    assert watched.told == ["+Ann", "-Zoe"]
    watched.enter("Ann")
    assert watched.told == ["+Ann", "-Zoe", "+Ann"], "the old identity is not known any more"


def test_a_second_sign_in_of_a_present_visitor_is_no_join(watched: Watched) -> None:
    ann, _ = watched.enter("Ann")
    zoe, _ = watched.enter("Zoe")
    watched.presence.leave(ann)
    watched.presence.become("ann", watched.visitor("Zoe"))
    watched.clock.advance(PARTED_S)
    assert watched.told == ["+Ann", "+Zoe"]
    watched.presence.leave(zoe)
    watched.clock.advance(PARTED_S)
    assert watched.told == ["+Ann", "+Zoe", "-Zoe"]


@pytest.mark.parametrize("first", ["Ann", "Zoe"])
def test_two_that_are_leaving_and_become_one_leave_once(watched: Watched, first: str) -> None:
    connections = {name: watched.enter(name)[0] for name in ("Ann", "Zoe")}
    watched.presence.leave(connections.pop(first))
    watched.clock.advance(1)
    watched.presence.leave(*connections.values())
    watched.clock.advance(1)
    watched.presence.become("ann", watched.visitor("Zoe"))
    watched.clock.advance(PARTED_S - 0.1)
    assert watched.told == ["+Ann", "+Zoe"]
    watched.clock.advance(PARTED_S)
    assert watched.told == ["+Ann", "+Zoe", "-Zoe"]


def test_a_visitor_renamed_while_leaving_parts_in_time_under_the_new_name(watched: Watched) -> None:
    connection, _ = watched.enter("Ann")
    there, _ = watched.enter("Ann", OTHER)
    watched.presence.leave(connection)
    watched.clock.advance(PARTED_S - 1)
    assert sorted(watched.presence.become("ann", replace(watched.visitor("Ann"), name="Anna"))) == [HOME, OTHER]
    watched.clock.advance(1)
    assert watched.told == ["+Ann", "+Ann", "-Anna"]
    assert there.visitor.name == "Anna"


def test_closing_sends_everybody_away_and_tells_of_nobodys_leaving(watched: Watched) -> None:
    connection, listener = watched.enter("Ann")
    gone, _ = watched.enter("Ben")
    watched.presence.leave(gone)
    watched.presence.close()
    watched.presence.leave(connection)
    watched.clock.advance(0)
    assert listener.closed is CloseReason.STOPPING
    assert watched.told == ["+Ann", "+Ben"]
