"""The admin gate: HTTP Basic, the delays after wrong passwords, and what passes all the same."""

import asyncio
import base64

import pytest
from httpx2 import AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import Response

from fedistream.api.http.auth import LONG, LOOKS, MAX_PASSWORD, SPARE, authenticators, basic_password
from fedistream.api.http.endpoints import Endpoint, json_response, routes
from fedistream.api.http.known_browsers import AGE_S, COOKIE, RENEWED_S, KnownBrowsers
from fedistream.api.http.login_limit import FREE, GUESSED_AT, LoginLimit
from fedistream.api.http.permissions import ADMIN, Permission
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.errors import RESPONDER
from fedistream.people.service import People as RealPeople
from tests.kit.asking import Clock, basic, client
from tests.kit.examples import examples
from tests.kit.routing import access

PASSWORD = "Größe: Paßwort"
assert len(PASSWORD) < LONG
RIGHT = basic(PASSWORD)
WRONG = basic("guess")
PATH = "/api/admin/it"


class People(RealPeople):
    """One admin; counts how often a password had to be hashed, and with which ranks. Remembers nothing unless told."""

    def __init__(self) -> None:
        self.password = PASSWORD
        self.ranks: list[int] = []
        self.reachable = True
        self.remembers = False
        self.busy: asyncio.Event | None = None

    def recall(self, password: str) -> bool:
        return self.remembers and password == self.password

    async def check_admin(self, password: str, rank: int = 0) -> bool:
        self.ranks.append(rank)
        if not self.reachable:
            raise OSError("the database is away")
        if self.busy is not None:
            await self.busy.wait()
        return password == self.password


class Node:
    def __init__(self) -> None:
        self.clock = Clock()
        self.people = People()
        self.start()

    def start(self) -> None:
        """Again, as after a restart: with the same secret, and nothing else."""
        known = KnownBrowsers(b"a secret", lambda: self.clock.now().timestamp(), lambda n: bytes(range(n)))
        table = authenticators(self.people, LoginLimit(self.clock.monotonic), known, self.clock.monotonic)
        self.app = Starlette(
            routes=routes([Endpoint("GET", PATH, it, Permission.ADMIN)], None, access(table), RESPONDER)
        )

    def client(self, address: str = "203.0.113.7") -> AsyncClient:
        return client(self.app, address=address)

    async def guess(self, times: int, address: str = "203.0.113.7") -> list[int]:
        async with self.client(address) as http:
            return [(await http.get(PATH, headers=basic(f"guess {n}"))).status_code for n in range(times)]

    async def status(self, headers: dict[str, str], address: str = "203.0.113.7") -> int:
        async with self.client(address) as http:
            return (await http.get(PATH, headers=headers)).status_code


async def it(request: ApiRequest, services: None) -> Response:
    assert request.principal == ADMIN
    return json_response(request.address)


async def test_the_right_password_opens() -> None:
    async with Node().client() as http:
        answer = await http.get(PATH, headers=RIGHT)
    assert (answer.status_code, answer.json()) == (200, "203.0.113.7")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        WRONG,
        basic(PASSWORD, user="root"),
        basic(PASSWORD, user="Admin"),
        basic(""),
        {"Authorization": "Basic"},
        {"Authorization": "Basic %%%"},
        {"Authorization": "Basic " + base64.b64encode(b"admin").decode()},
        {"Authorization": "Basic " + base64.b64encode(b"admin:\xff\xfe").decode()},
        {"Authorization": "Bearer " + base64.b64encode(f"admin:{PASSWORD}".encode()).decode()},
    ],
)
async def test_anything_else_is_challenged(headers: dict[str, str]) -> None:
    async with Node().client() as http:
        answer = await http.get(PATH, headers=headers)
    assert (answer.status_code, answer.text) == (401, "Unauthorized")
    assert answer.headers["www-authenticate"] == 'Basic realm="Fedistream", charset="UTF-8"'


async def test_the_scheme_may_be_written_in_any_case() -> None:
    async with Node().client() as http:
        assert (await http.get(PATH, headers={"Authorization": RIGHT["Authorization"].replace("B", "b", 1)})).is_success


async def test_after_some_wrong_passwords_more_of_them_are_not_heard_and_told_when() -> None:
    node = Node()
    assert await node.guess(FREE) == [401] * FREE
    # what is heard all the same at first is used up; each costs a longer delay
    assert await node.guess(SPARE) == [401] * SPARE
    async with node.client() as http:
        answer = await http.get(PATH, headers=WRONG)
    assert (answer.status_code, answer.json()["success"]) == (429, False)
    assert int(answer.headers["retry-after"]) == 2**SPARE
    hashed = len(node.people.ranks)
    await node.guess(20)
    assert len(node.people.ranks) == hashed
    node.clock.advance(2**SPARE)
    assert await node.status(RIGHT) == 200


@pytest.mark.parametrize("remembers", [True, False])
async def test_a_right_password_passes_from_an_address_with_failed_attempts(remembers: bool) -> None:
    node = Node()
    await node.guess(FREE)
    node.people.remembers = remembers
    for _ in range(3 * SPARE):
        assert await node.status(RIGHT) == 200


async def test_a_program_that_asks_very_often_is_not_hashed_for_it() -> None:
    node = Node()
    node.people.remembers = True
    for _ in range(2 * LOOKS):
        assert await node.status(RIGHT) == 200
    assert not node.people.ranks


async def test_a_password_too_long_to_be_guessed_is_heard_however_many_others_are_wrong_there() -> None:
    node = Node()
    node.people.password = "k7m3p-x2y4z-abcde-fghij"
    await node.guess(100)
    for node.people.remembers in (False, True):
        for _ in range(2 * SPARE):
            assert await node.status(basic(node.people.password)) == 200
            assert await node.status(basic("a" * LONG)) == 401
    assert await node.status(basic("a" * (LONG - 1))) == 429


async def test_a_short_password_that_is_remembered_cannot_be_found_by_asking_from_many_networks_at_once() -> None:
    node = Node()
    node.people.remembers = True
    for n in range(LOOKS):
        await node.guess(1, f"198.51.{n // 250}.{n % 250}")
    hashed = len(node.people.ranks)
    assert await node.status(RIGHT, "192.0.2.1") == 200
    assert node.people.ranks[hashed:] == [0], "it had to be hashed, in the order of all others, and comes first there"


async def test_guessing_at_one_address_does_not_bother_another() -> None:
    node = Node()
    await node.guess(30)
    assert await node.status(RIGHT, "203.0.113.8") == 200


async def test_distributed_guessing_delays_wrong_clients_sooner_and_right_ones_never() -> None:
    node = Node()
    for n in range(GUESSED_AT + 5):
        assert await node.guess(1, f"198.51.100.{n}") == [401]
    assert 429 in await node.guess(SPARE + 1, "198.51.100.1")
    assert await node.status(RIGHT, "192.0.2.1") == 200


async def test_a_guesser_with_a_whole_ipv6_network_is_one_guesser() -> None:
    node = Node()
    assert [await node.guess(1, f"2001:db8:1:2::{n + 1:x}") for n in range(FREE + SPARE + 1)][-1] == [429]


async def test_clients_with_wrong_passwords_are_hashed_last_and_known_browsers_first() -> None:
    node = Node()
    await node.guess(3)
    async with node.client("203.0.113.9") as admin:
        await admin.get(PATH, headers=RIGHT)
        await admin.get(PATH, headers=RIGHT)
    assert node.people.ranks == [0, 1, 2, 0, -1]


async def test_many_requests_with_one_password_at_once_are_one_attempt_with_one_hash() -> None:
    node = Node()
    node.people.busy = asyncio.Event()
    async with node.client() as http:
        asked = [asyncio.create_task(http.get(PATH, headers=RIGHT)) for _ in range(30)]
        while not node.people.ranks:
            await asyncio.sleep(0)
        asked[0].cancel()
        while len(node.people.ranks) < 2:
            await asyncio.sleep(0)
        node.people.busy.set()
        answers = await asyncio.gather(*asked[1:])
    assert {answer.status_code for answer in answers} == {200}
    assert node.people.ranks == [0, 0], "the first has gone, and the second asked in its place"


async def test_a_wrong_password_is_in_the_log_with_its_address(caplog: pytest.LogCaptureFixture) -> None:
    async with Node().client() as http:
        await http.get(PATH, headers=WRONG)
    assert "wrong admin password from 203.0.113.7" in caplog.text
    assert "guess" not in caplog.text


async def test_checks_that_could_not_take_place_lock_nobody_out() -> None:
    node = Node()
    node.people.reachable = False
    async with node.client() as http:
        for _ in range(40):
            assert (await http.get(PATH, headers=RIGHT)).status_code == 500
        node.people.reachable = True
        assert (await http.get(PATH, headers=RIGHT)).status_code == 200


async def test_the_known_cookie_is_found_among_others() -> None:
    node = Node()
    async with node.client() as http:
        value = (await http.get(PATH, headers=RIGHT)).headers["set-cookie"].partition(";")[0]
    async with node.client() as http:
        answer = await http.get(PATH, headers=RIGHT | {"Cookie": f'a="x; y"; {value}; theme=dark'})
    assert "set-cookie" not in answer.headers


async def test_asking_without_a_password_costs_no_attempt() -> None:
    async with Node().client() as http:
        for _ in range(20):
            await http.get(PATH)
            await http.get(PATH, headers={"Authorization": "Bearer token"})
        assert (await http.get(PATH, headers=RIGHT)).status_code == 200


async def test_a_browser_that_was_right_once_is_not_locked_out_by_its_neighbours_nor_after_a_restart() -> None:
    node = Node()
    async with node.client() as admin:
        assert (await admin.get(PATH, headers=RIGHT)).status_code == 200
        cookie = dict(admin.cookies)
    node.start()
    assert 429 in await node.guess(100)
    assert await node.status(RIGHT) == 429
    async with node.client() as admin:
        admin.cookies.update(cookie)
        for _ in range(30):
            assert (await admin.get(PATH, headers=RIGHT)).status_code == 200


async def test_guessing_by_many_does_not_make_a_known_browser_wait_for_a_slip() -> None:
    node = Node()
    async with node.client() as admin:
        await admin.get(PATH, headers=RIGHT)
        for n in range(3 * GUESSED_AT):
            await node.guess(1, f"198.51.100.{n}")
        for _ in range(FREE - 1):
            assert (await admin.get(PATH, headers=WRONG)).status_code == 401
        assert (await admin.get(PATH, headers=RIGHT)).status_code == 200


async def test_the_cookie_of_a_known_browser_opens_nothing_and_has_its_own_limit() -> None:
    node = Node()
    async with node.client() as http:
        answer = await http.get(PATH, headers=RIGHT)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"{COOKIE}=")
        assert "HttpOnly; SameSite=Strict" in cookie
        assert (await http.get(PATH)).status_code == 401
        for n in range(FREE + SPARE):
            assert (await http.get(PATH, headers=basic(f"guess {n}"))).status_code == 401
        assert (await http.get(PATH, headers=WRONG)).status_code == 429


async def test_a_cookie_is_renewed_and_an_old_one_is_worth_nothing() -> None:
    node = Node()
    async with node.client() as http:
        first = (await http.get(PATH, headers=RIGHT)).headers["set-cookie"].partition(";")[0]
        node.clock.advance(RENEWED_S)
        second = (await http.get(PATH, headers=RIGHT)).headers["set-cookie"].partition(";")[0]
    assert first != second
    node.clock.advance(AGE_S - RENEWED_S)
    for cookie, rank in ((first, 0), (second, -1)):
        assert await node.status(RIGHT | {"Cookie": cookie}) == 200
        assert node.people.ranks[-1] == rank


async def test_a_known_browser_is_introduced_once() -> None:
    async with Node().client() as http:
        assert "set-cookie" in (await http.get(PATH, headers=RIGHT)).headers
        assert "set-cookie" not in (await http.get(PATH, headers=RIGHT)).headers


@pytest.mark.parametrize("value", [b"", b".", b"x", b"x.y", b"00.", b"0001.deadbeef", b"\xe9.\xe9", b'"', b"a" * 5000])
async def test_a_forged_cookie_is_worth_nothing(value: bytes) -> None:
    headers = {b"Authorization": WRONG["Authorization"].encode(), b"Cookie": COOKIE.encode() + b"=" + value}
    async with Node().client() as http:
        for n in range(FREE + SPARE + 1):
            headers[b"Cookie"] += b"%d" % n
            status = (await http.get(PATH, headers=list(headers.items()))).status_code
    assert status == 429


async def test_over_https_the_cookie_stays_on_https() -> None:
    node = Node()
    async with node.client() as http:
        answer = await http.get(f"https://node.example{PATH}", headers=RIGHT)
    assert answer.headers["set-cookie"].endswith("; Secure")


async def test_a_password_of_any_length_is_not_hashed() -> None:
    node = Node()
    async with node.client() as http:
        assert (await http.get(PATH, headers=basic("x" * (MAX_PASSWORD + 1)))).status_code == 401
    assert not node.people.ranks


@examples(100)
@given(st.text(max_size=100))
def test_no_authorization_header_breaks_the_parser(header: str) -> None:
    for text in (header, f"Basic {header}"):
        password = basic_password(text, "admin")
        assert password is None or isinstance(password, str)


@examples(100)
@given(st.text(max_size=100))
def test_every_password_is_found_again(password: str) -> None:
    try:
        header = basic(password)["Authorization"]
    except UnicodeEncodeError:
        return
    assert basic_password(header, "admin") == password
