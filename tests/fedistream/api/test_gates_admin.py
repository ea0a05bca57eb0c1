"""The admin gate: HTTP Basic, the limit on wrong passwords, and the cookie that keeps the admin in."""

import base64

import pytest
from httpx2 import AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import Response

from fedistream.api.ask import Ask
from fedistream.api.attempts import Attempts
from fedistream.api.entries import Entry, reply, routes
from fedistream.api.gates import KNOWN_COOKIE, MAX_PASSWORD, Admin, basic_password, gates
from fedistream.api.owncast.envelope import ENVELOPE
from tests.kit.asking import Clock, basic, client

PASSWORD = "Größe: ein Paßwort"
RIGHT = basic(PASSWORD)
WRONG = basic("guess")
PATH = "/api/admin/it"


class People:
    """One admin; counts how often a password had to be checked."""

    def __init__(self) -> None:
        self.checked = 0
        self.reachable = True

    async def check_admin(self, password: str) -> bool:
        self.checked += 1
        if not self.reachable:
            raise OSError("the database is away")
        return password == PASSWORD


class Node:
    def __init__(self) -> None:
        self.clock = Clock()
        self.people = People()
        table = gates(self.people, Attempts(self.clock.monotonic), b"a secret", lambda n: bytes(range(n)))
        self.app = Starlette(routes=routes([Entry("GET", PATH, it, "admin")], {}, table, ENVELOPE))

    def client(self, address: str = "203.0.113.7") -> AsyncClient:
        return client(self.app, address=address)


async def it(ask: Ask) -> Response:
    assert isinstance(ask.principal, Admin)
    return reply(ask.principal.address)


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
    assert answer.headers["www-authenticate"] == 'Basic realm="Fedistream"'


async def test_the_scheme_may_be_written_in_any_case() -> None:
    async with Node().client() as http:
        assert (await http.get(PATH, headers={"Authorization": RIGHT["Authorization"].replace("B", "b", 1)})).is_success


async def test_after_ten_wrong_passwords_not_even_the_right_one_is_checked_for_a_minute() -> None:
    node = Node()
    async with node.client() as http:
        for _ in range(10):
            assert (await http.get(PATH, headers=WRONG)).status_code == 401
        for headers in (WRONG, RIGHT):
            answer = await http.get(PATH, headers=headers)
            assert answer.status_code == 429
            assert answer.headers["retry-after"] == "60"
            assert answer.json()["success"] is False
        assert node.people.checked == 10
        node.clock.advance(60)
        assert (await http.get(PATH, headers=RIGHT)).status_code == 200


async def test_guessing_at_one_address_does_not_bother_another() -> None:
    node = Node()
    async with node.client("203.0.113.7") as mallory, node.client("203.0.113.8") as admin:
        for _ in range(11):
            await mallory.get(PATH, headers=WRONG)
        assert (await admin.get(PATH, headers=RIGHT)).status_code == 200


async def test_a_guesser_with_a_whole_ipv6_network_is_one_guesser() -> None:
    node = Node()
    for n in range(11):
        async with node.client(f"2001:db8:1:2::{n + 1:x}") as http:
            status = (await http.get(PATH, headers=WRONG)).status_code
    assert status == 429


async def test_a_wrong_password_is_in_the_log_with_its_address(caplog: pytest.LogCaptureFixture) -> None:
    async with Node().client() as http:
        await http.get(PATH, headers=WRONG)
    assert "wrong admin password from 203.0.113.7" in caplog.text
    assert "guess" not in caplog.text


async def test_checks_that_could_not_take_place_lock_nobody_out() -> None:
    node = Node()
    node.people.reachable = False
    async with node.client() as http:
        for _ in range(20):
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


async def test_a_browser_that_was_right_once_is_not_locked_out_by_its_neighbours() -> None:
    node = Node()
    async with node.client() as admin, node.client() as mallory:
        assert (await admin.get(PATH, headers=RIGHT)).status_code == 200
        for _ in range(11):
            await mallory.get(PATH, headers=WRONG)
        assert (await mallory.get(PATH, headers=RIGHT)).status_code == 429
        assert (await admin.get(PATH, headers=RIGHT)).status_code == 200


async def test_the_cookie_of_a_known_browser_opens_nothing_and_has_its_own_limit() -> None:
    node = Node()
    async with node.client() as http:
        answer = await http.get(PATH, headers=RIGHT)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"{KNOWN_COOKIE}=")
        assert "HttpOnly; SameSite=Strict" in cookie
        assert (await http.get(PATH)).status_code == 401
        for _ in range(10):
            assert (await http.get(PATH, headers=WRONG)).status_code == 401
        assert (await http.get(PATH, headers=WRONG)).status_code == 429


async def test_a_known_browser_is_introduced_once() -> None:
    async with Node().client() as http:
        assert "set-cookie" in (await http.get(PATH, headers=RIGHT)).headers
        assert "set-cookie" not in (await http.get(PATH, headers=RIGHT)).headers


@pytest.mark.parametrize("value", [b"", b".", b"x", b"x.y", b"00.", b"0001.deadbeef", b"\xe9.\xe9", b'"', b"a" * 5000])
async def test_a_forged_cookie_is_worth_nothing(value: bytes) -> None:
    headers = {b"Authorization": WRONG["Authorization"].encode(), b"Cookie": KNOWN_COOKIE.encode() + b"=" + value}
    async with Node().client() as http:
        for n in range(11):
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
    assert node.people.checked == 0


@given(st.text(max_size=100))
def test_no_authorization_header_breaks_the_parser(header: str) -> None:
    for text in (header, f"Basic {header}"):
        password = basic_password(text, "admin")
        assert password is None or isinstance(password, str)


@given(st.text(max_size=100))
def test_every_password_is_found_again(password: str) -> None:
    try:
        header = basic(password)["Authorization"]
    except UnicodeEncodeError:
        return
    assert basic_password(header, "admin") == password
