"""The connection limiter: its counts alone, and with real connections."""

import asyncio
import gc
import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect

from fedistream.api.http.connection_limiter import REMIND_S, ConnectionLimiter, Place
from fedistream.core.client_network import many_share
from fedistream.core.file_descriptors import Share
from tests.kit.rawhttp import RawClient, raw_client
from tests.kit.webserver import counted, serving

HOLD = b"GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass(eq=False, slots=True)
class Guest:
    gone: bool = False

    def give_way(self) -> None:
        self.gone = True


@dataclass(slots=True)
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def count(total: int = 100, per_network: int = 100, spare: int = 0, clock: Clock | None = None) -> ConnectionLimiter:
    return ConnectionLimiter(Share(total, per_network, spare), clock or Clock(), many_share)


def let_in(connections: ConnectionLimiter, address: str, *, busy: bool = True) -> tuple[Guest, Place]:
    guest = Guest()
    place = connections.arrive(guest, address)
    if busy:
        connections.busy(guest)
    return guest, place


def test_a_network_has_so_many_places_and_its_idle_ones_give_way() -> None:
    connections = count(per_network=2)
    first, _ = let_in(connections, "8.8.8.8", busy=False)
    let_in(connections, "8.8.8.8")
    _, third = let_in(connections, "8.8.8.8")
    assert (third, first.gone) == (Place.NORMAL, True)
    assert let_in(connections, "8.8.8.8")[1] is Place.NONE
    assert let_in(connections, "8.8.4.4")[1] is Place.NORMAL


def test_an_ipv6_network_is_one_and_a_mapped_address_is_its_ipv4_one() -> None:
    connections = count(per_network=1)
    assert let_in(connections, "2a01:4f8::1")[1] is Place.NORMAL
    assert let_in(connections, "2a01:4f8::2")[1] is Place.NONE
    assert let_in(connections, "8.8.8.8")[1] is Place.NORMAL
    assert let_in(connections, "::ffff:8.8.8.8")[1] is Place.NONE


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "172.17.0.1", "100.64.0.1", "fd00::1", ""])
def test_behind_an_address_that_many_share_nobody_is_counted_as_one(address: str) -> None:
    connections = count(per_network=1)
    assert [let_in(connections, address)[1] for _ in range(5)] == [Place.NORMAL] * 5


def test_when_all_places_are_taken_the_one_that_was_idle_longest_gives_way() -> None:
    connections = count(total=3)
    guests = [let_in(connections, f"8.8.8.{number}", busy=False)[0] for number in range(3)]
    connections.busy(guests[0])
    connections.idle(guests[0])  # it is now the last that was busy
    assert let_in(connections, "8.8.4.4")[1] is Place.NORMAL
    assert [guest.gone for guest in guests] == [False, True, False]
    assert len(connections) == 3


def test_when_none_is_idle_a_few_are_let_in_for_the_admin_and_no_more() -> None:
    connections = count(total=2, spare=1)
    places = [let_in(connections, f"8.8.8.{number}")[1] for number in range(4)]
    assert places == [Place.NORMAL, Place.NORMAL, Place.SPARE, Place.NONE]


def test_without_idle_connections_new_ones_displace_only_each_other() -> None:
    connections = count(total=1, spare=2)
    busy, _ = let_in(connections, "8.8.8.8")
    spares = [let_in(connections, "8.8.8.8", busy=False)[0] for _ in range(3)]
    assert [busy.gone, *(guest.gone for guest in spares)] == [False, True, False, False]
    connections.leave(busy)
    assert let_in(connections, "8.8.8.8")[1] is Place.NORMAL


def test_a_closed_connection_frees_its_place_once() -> None:
    connections = count(total=1, per_network=1)
    for _ in range(3):
        guest, place = let_in(connections, "8.8.8.8")
        assert place is Place.NORMAL
        connections.leave(guest)
        connections.leave(guest)
    assert not len(connections)


def test_a_place_that_was_handed_over_is_left_by_the_successor() -> None:
    connections = count(total=1)
    guest, _ = let_in(connections, "8.8.8.8")
    after = Guest()
    connections.hand_over(guest, after)
    connections.leave(guest)
    assert let_in(connections, "8.8.4.4")[1] is Place.NONE
    connections.leave(after)
    assert let_in(connections, "8.8.4.4")[1] is Place.NORMAL


def test_the_log_hears_of_each_trouble_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    connections = count(total=1, clock=clock)
    let_in(connections, "8.8.8.8")
    for at in (0, 1, REMIND_S - 1, REMIND_S):
        clock.now = at
        assert let_in(connections, "8.8.4.4")[1] is Place.NONE
        connections.malformed("8.8.4.4", "nonsense")
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert told == [
        "all 1 web connections are in use, new ones are refused",
        "malformed requests: 1 refused, the last from 8.8.4.4: nonsense",
        "all 1 web connections are in use, new ones are refused",
        "malformed requests: 3 refused, the last from 8.8.4.4: nonsense",
    ]


@dataclass(slots=True)
class Holding:
    """Answers /hold when told to, everything else at once; takes websockets until they leave."""

    held: int = 0
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            while (await receive())["type"] != "websocket.disconnect":
                pass
            return
        if scope["path"] == "/hold":
            self.held += 1
            await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    async def holds(self, held: int) -> None:
        async with asyncio.timeout(20):
            while self.held < held:
                await asyncio.sleep(0.01)


async def _clients(stack: AsyncExitStack, port: int, number: int) -> list[RawClient]:
    return [await stack.enter_async_context(raw_client(port)) for _ in range(number)]


async def test_idle_connections_give_way_to_clients_that_send_requests() -> None:
    connections = counted(Share(8, 8, 0))
    async with AsyncExitStack() as stack, serving(Holding(), connections=connections) as port:
        flood = await _clients(stack, port, 40)
        await flood[0].send(b"GET / HT")
        for _ in range(3):
            async with raw_client(port) as viewer:
                assert (await viewer.request(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")).status == 200
        assert len(connections) <= 8


async def test_when_everything_is_busy_the_admin_still_gets_in(caplog: pytest.LogCaptureFixture) -> None:
    app = Holding()
    async with AsyncExitStack() as stack, serving(app, connections=counted(Share(4, 4, 2))) as port:
        for client in await _clients(stack, port, 4):
            await client.send(HOLD)
        await app.holds(4)
        async with raw_client(port) as viewer, raw_client(port) as admin:
            # of one network all places are taken, and nobody is idle
            assert await viewer.closed()
            assert await admin.closed()
    app = Holding()
    async with AsyncExitStack() as stack, serving(app, connections=counted(Share(4, 100, 2))) as port:
        for client in await _clients(stack, port, 4):
            await client.send(HOLD)
        await app.holds(4)
        async with raw_client(port) as viewer, raw_client(port) as admin:
            assert (await viewer.request(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")).status == 503
            assert (await admin.request(b"GET /admin/ HTTP/1.1\r\nHost: x\r\n\r\n")).status == 200
        app.go.set()
    assert "all 4 web connections are in use" in caplog.text


async def test_a_websocket_keeps_its_place_until_it_ends() -> None:
    connections = counted(Share(2, 2, 0))
    gc.disable()
    try:
        async with serving(Holding(), connections=connections) as port:
            async with connect(f"ws://127.0.0.1:{port}/ws"):
                assert len(connections) == 1
                async with raw_client(port) as one, raw_client(port) as two:
                    assert (await two.request(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")).status == 200
                    assert await one.closed()  # not the websocket
            async with asyncio.timeout(20):
                while len(connections):
                    await asyncio.sleep(0.01)
    finally:
        gc.enable()


async def test_a_refused_handshake_leaves_no_place_taken() -> None:
    connections = counted(Share(2, 2, 0))
    async with serving(Holding(), connections=connections) as port:
        for _ in range(5):
            async with raw_client(port) as client:
                answer = await client.request(
                    b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
                )
                assert answer.status == 400
        async with asyncio.timeout(20):
            while len(connections):
                await asyncio.sleep(0.01)
