"""The admin's password being guessed at from many addresses at once, with real hashes, while the admin comes."""

import asyncio
from datetime import UTC, datetime

import pytest
from httpx2 import AsyncClient
from starlette.applications import Starlette
from starlette.responses import Response

from fedistream.api.http.auth import SPARE, authenticators
from fedistream.api.http.endpoints import Endpoint, json_response, routes
from fedistream.api.http.known_browsers import KnownBrowsers
from fedistream.api.http.login_limit import FREE, LoginLimit
from fedistream.api.http.permissions import Permission
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.errors import RESPONDER
from fedistream.people.service import People
from tests.kit.asking import Clock, basic, client
from tests.kit.routing import access

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.slow]
PASSWORD = "a good one"
PATH = "/api/admin/it"
ADDRESSES, EACH = 10, 2 * (FREE + SPARE)


async def it(request: ApiRequest, services: None) -> Response:
    return json_response(None)


@pytest.mark.parametrize("address", ["192.0.2.1", "198.51.100.7"], ids=["from elsewhere", "from a guesser's address"])
async def test_a_program_with_the_right_password_gets_in_while_many_guess(address: str) -> None:
    await People(lambda: datetime.now(UTC)).set_admin_password(PASSWORD)
    people, clock = People(lambda: datetime.now(UTC)), Clock()  # as after a restart: nothing is remembered
    known = KnownBrowsers(b"secret", lambda: 0.0, bytes)
    table = authenticators(people, LoginLimit(clock.monotonic), known, clock.monotonic)
    app = Starlette(routes=routes([Endpoint("GET", PATH, it, Permission.ADMIN)], None, access(table), RESPONDER))
    answers: list[int] = []
    begun = asyncio.Event()

    async def guess(http: AsyncClient, n: int) -> None:
        answers.append((await http.get(PATH, headers=basic(f"guess {n}"))).status_code)
        if len(answers) >= ADDRESSES:
            begun.set()

    async with asyncio.TaskGroup() as tasks:
        for host in range(ADDRESSES):
            http = client(app, address=f"198.51.100.{host}")
            for n in range(EACH):
                tasks.create_task(guess(http, n))
        async with asyncio.timeout(60):
            await begun.wait()
        before = answers.count(401)
        async with client(app, address=address) as admin:
            if address == "192.0.2.1":
                assert (await admin.get(PATH, headers=basic(PASSWORD))).status_code == 200
                assert answers.count(401) - before <= ADDRESSES + 2, "it was hashed before those who were wrong"
                waited = answers.count(401)
                assert (await admin.get(PATH, headers=basic(PASSWORD))).status_code == 200
                assert answers.count(401) - waited <= 2, "and is remembered then"
            assert (await admin.get(PATH)).status_code == 401
    # guessing together has not made guessing cheaper: of each address no more was hashed than it may have heard
    assert answers.count(401) <= ADDRESSES * (FREE + SPARE)
    assert answers.count(429) == ADDRESSES * EACH - answers.count(401)
    async with client(app, address=address) as admin:
        clock.advance(20)  # one more is heard behind an address that has to wait
        assert (await admin.get(PATH, headers=basic(PASSWORD))).status_code == 200
