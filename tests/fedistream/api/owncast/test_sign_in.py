"""Signing in over HTTP: with a website that is real, there and back, and everything that can be wrong with it."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from starlette.responses import JSONResponse, Response

from activitypub.network.guard import Guard
from fedistream.chat.values import Visitor
from fedistream.jobs.models import OutboxRow
from fedistream.signin.indieauth import LIFE_S, MAX_BUSY_EACH
from tests.kit.asking import ADDRESS, client
from tests.kit.chatclient import chatting
from tests.kit.faces import Faces, open_faces
from tests.kit.fediverse import peer
from tests.kit.remote import client_for, make_certificate
from tests.kit.webserver import serving
from tests.kit.website import Website, website

HOME = "http://node.example"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64)"
CALLBACK = "/api/auth/indieauth/callback"


@dataclass
class Street:
    """A node with its public address, a visitor, and a website, which may be the visitor's."""

    faces: Faces
    site: Website
    visitor: Visitor
    token: str
    outside: httpx2.AsyncClient
    clients: list[httpx2.AsyncClient] = field(default_factory=list)

    def browser(self, agent: str = BROWSER) -> httpx2.AsyncClient:
        """One with cookies of its own."""
        made = client(self.faces.app(), address=ADDRESS, agent=agent)
        self.clients.append(made)
        return made

    async def begin(self, by: httpx2.AsyncClient, url: object = None, token: str = "") -> httpx2.Response:
        body = {"authHost": url if url is not None else self.site.url}
        return await by.post(f"/api/auth/indieauth?accessToken={token or self.token}", json=body)

    async def consent(self, begun: httpx2.Response) -> str:
        """Go where one is sent, agree, and come back: the path of the callback with its query."""
        assert begun.status_code == 200, begun.text
        answer = await self.outside.get(begun.json()["redirect"])
        back = urlsplit(answer.headers["location"])
        assert f"{back.scheme}://{back.netloc}{back.path}" == HOME + CALLBACK
        return f"{back.path}?{back.query}"

    async def signed_in(self, token: str = "") -> Visitor:
        found = await self.faces.chat.visitors.by_token(token or self.token)
        assert found is not None
        return found


@asynccontextmanager
async def street(folder: Path, *others: Website) -> AsyncIterator[Street]:
    async with website() as site, httpx2.AsyncClient() as outside:
        guard = Guard(frozenset(each.authority for each in (site, *others)))
        async with open_faces(folder, guard) as faces:
            await faces.settings.change("node.public_url", HOME)
            visitor, token = await faces.visitor("Shy newt")
            made = Street(faces, site, visitor, token, outside)
            yield made
            for each in made.clients:
                await each.aclose()


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Street]:
    async with street(tmp_path) as made:
        yield made


async def test_a_visitor_signs_in_with_their_website(town: Street) -> None:
    browser = town.browser()
    begun = await town.begin(browser, town.site.authority.replace("127.0.0.1", "http://127.0.0.1"))
    assert begun.headers["cache-control"] == "no-cache, no-store, must-revalidate"
    assert begun.headers["set-cookie"].endswith(f"Max-Age=600; Path={CALLBACK}; HttpOnly; SameSite=Lax")
    asked = parse_qs(urlsplit(begun.json()["redirect"]).query)
    assert asked["client_id"] == [f"{HOME}/"]
    assert asked["me"] == [town.site.url]
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    back = await browser.get(await town.consent(begun))
    assert (back.status_code, back.headers["location"]) == (307, "/")
    visitor = await town.signed_in()
    assert (visitor.id, visitor.name) == (town.visitor.id, "Shy newt")
    assert visitor.authenticated_at == town.faces.clock.now()


async def test_the_same_website_is_the_same_person_on_another_device(town: Street) -> None:
    browser = town.browser()
    await browser.get(await town.consent(await town.begin(browser)))
    _, token = await town.faces.visitor("Phone")
    phone = town.browser()
    async with serving(town.faces.app()) as port, chatting(port, token) as chat:
        await chat.until("CONNECTED_USER_INFO")
        await phone.get(await town.consent(await town.begin(phone, token=token)))
        told = await chat.until("CONNECTED_USER_INFO")
        assert (told["user"]["id"], told["user"]["authenticated"]) == (town.visitor.id, True)
        line = await chat.until("CHAT_ACTION")
        assert line["body"] == "<p><strong>Phone</strong> is now authenticated as <strong>Shy newt</strong></p>"
    assert (await town.signed_in(token)).id == town.visitor.id


async def test_a_website_that_moved_for_good_and_an_older_server_will_do(town: Street) -> None:
    town.site.names = "html"
    browser = town.browser()
    path = await town.consent(await town.begin(browser, f"{town.site.origin}/moved"))
    assert (await browser.get(path)).headers["location"] == "/"
    assert (await town.signed_in()).authenticated_at is not None


async def test_a_website_that_calls_itself_otherwise_must_name_the_same_server(town: Street) -> None:
    browser = town.browser()
    path = await town.consent(await town.begin(browser, f"{town.site.origin}/elsewhere"))
    assert (await browser.get(path)).headers["location"] == "/"
    assert town.site.visits.count("GET /") == 2, "it was looked at again under the name it gave"


async def test_nobody_becomes_somebody_whose_website_names_another_server(tmp_path: Path) -> None:
    async with website() as victim, street(tmp_path, victim) as town:
        town.site.me = victim.url
        path = await town.consent(await town.begin(town.browser()))
        answer = await town.browser("bot/1").get(path)
        assert (answer.status_code, answer.json()["message"]) == (
            400, "me is a website that does not name the server which spoke for it"
        )  # fmt: skip
        assert (await town.signed_in()).authenticated_at is None
        assert victim.visits == ["GET /", "GET /server"]


async def test_a_link_that_somebody_else_sent_signs_nobody_in(town: Street) -> None:
    path = await town.consent(await town.begin(town.browser()))
    lured = await town.browser().get(path, headers={"Sec-Fetch-Mode": "navigate"})
    assert (lured.status_code, lured.headers["location"]) == (307, "/?sign-in=expired")
    assert (await town.signed_in()).authenticated_at is None
    assert town.site.redeemed == []


async def test_a_program_without_cookies_signs_in_too(town: Street) -> None:
    path = await town.consent(await town.begin(town.browser("bot/1")))
    answer = await town.browser("bot/1").get(path)
    assert (answer.status_code, answer.headers["location"]) == (307, "/")
    again = await town.browser("bot/1").get(path)
    assert again.status_code == 400
    assert "please begin again" in again.json()["message"]
    assert len(town.site.redeemed) == 1


async def test_a_sign_in_takes_ten_minutes_at_most_and_the_last_one_begun_counts(town: Street) -> None:
    bot = town.browser("bot/1")
    slow = await town.consent(await town.begin(bot))
    town.faces.clock.advance(LIFE_S)
    assert (await bot.get(slow)).status_code == 400
    first, second = [await town.consent(await town.begin(bot)) for _ in range(2)]
    assert (await bot.get(first)).status_code == 400
    assert (await bot.get(second)).status_code == 307


@pytest.mark.slow  # an error comes after a whole second, see uniform_timing
@pytest.mark.parametrize(
    ("more", "reason", "words"),
    [
        ({"says_no": True}, "denied", "did not agree"),
        ({"issuer": "https://evil.example/"}, "failed", "iss is another server"),
        ({"answer": JSONResponse({"error": "invalid_grant"}, 400)}, "failed", "was not accepted"),
        ({"answer": JSONResponse({"me": 7})}, "failed", "was not accepted"),
        ({"answer": JSONResponse([])}, "failed", "was not accepted"),
        ({"answer": Response(b"me=x", media_type="application/x-www-form-urlencoded")}, "failed", "was not accepted"),
        ({"answer": Response(b"x" * 1_100_000)}, "failed", "did not answer"),
        ({"me": "https://ann@example.com/"}, "failed", "me must be the address"),
        ({"me": "https://10.0.0.1/"}, "failed", "not connected to"),
        ({"me": "x" * 600}, "failed", "me must"),
    ],
)
async def test_a_failed_sign_in_tells_the_reason(town: Street, more: dict[str, Any], reason: str, words: str) -> None:
    for name, value in more.items():
        setattr(town.site, name, value)
    browser, bot = town.browser(), town.browser("bot/1")
    shown = await browser.get(await town.consent(await town.begin(browser)))
    assert (shown.status_code, shown.headers["location"]) == (307, f"/?sign-in={reason}")
    told = await bot.get(await town.consent(await town.begin(bot)))
    assert (told.status_code, told.json()["success"]) == (400, False)
    assert words in told.json()["message"]
    assert (await town.signed_in()).authenticated_at is None


@pytest.mark.parametrize(
    "query", ["", "state=", "state=x", "state=%00&code=x", "state=" + "x" * 3000, "code=x", "state=x&state=y&error=z"]
)
async def test_a_callback_that_nobody_began_is_refused(town: Street, query: str) -> None:
    bot = town.browser("bot/1")
    answer = await bot.get(f"{CALLBACK}?{query}")
    assert answer.status_code == 400
    assert answer.json()["success"] is False
    assert (await bot.head(f"{CALLBACK}?{query}")).status_code == 405


async def test_a_code_that_is_missing_or_endless_is_not_sent_on(town: Street) -> None:
    bot = town.browser("bot/1")
    for code in ("", "x" * 3000):
        path = await town.consent(await town.begin(bot))
        state = parse_qs(urlsplit(path).query)["state"][0]
        answer = await bot.get(CALLBACK, params={"state": state, "iss": town.site.url, "code": code})
        assert (answer.status_code, answer.json()["message"]) == (400, "code is missing")
    assert town.site.redeemed == []


@pytest.mark.parametrize("given", [7, None, [], "", "https://127.0.0.1/", "x" * 5000, "https://ann@example.com/"])
async def test_what_is_no_website_is_refused_in_words(town: Street, given: object) -> None:
    body = {} if given is None else {"authHost": given}
    answer = await town.browser().post(f"/api/auth/indieauth?accessToken={town.token}", json=body)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("authHost")


async def test_before_the_public_address_is_known_there_is_no_such_sign_in(tmp_path: Path) -> None:
    async with open_faces(tmp_path) as faces, faces.client() as asker:
        _, token = await faces.visitor("Ann")
        assert (await asker.get("/api/config")).json()["authentication"] == {"indieAuthEnabled": False}
        answer = await asker.post(f"/api/auth/indieauth?accessToken={token}", json={"authHost": "example.com"})
        assert answer.status_code == 400
        assert "address of this server is not set" in answer.json()["message"]
        await faces.settings.change("node.public_url", HOME)
        assert (await asker.get("/api/config")).json()["authentication"] == {"indieAuthEnabled": True}


async def test_frequent_sign_ins_are_rate_limited(town: Street) -> None:
    browser = town.browser()
    answers = [(await town.begin(browser)).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    _, token = await town.faces.visitor("Other")
    refused = await town.begin(browser, token=token)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "10"), "the address has used up its share"
    town.faces.clock.advance(10)
    assert (await town.begin(browser, token=token)).status_code == 200


async def test_so_many_websites_are_looked_at_and_no_more(town: Street) -> None:
    tokens = [(await town.faces.visitor(f"N{n}"))[1] for n in range(25)]
    asking = [client(town.faces.app(), address=f"203.0.113.{n}") for n in range(25)]
    town.site.closed = asyncio.Event()
    begun = [asyncio.create_task(town.begin(by, token=token)) for by, token in zip(asking, tokens, strict=True)]
    waiting = set(begun)
    while len(waiting) > 20:
        _, waiting = await asyncio.wait(waiting, timeout=30, return_when=asyncio.FIRST_COMPLETED)
    town.site.closed.set()
    answers = await asyncio.gather(*begun)
    assert Counter(answer.status_code for answer in answers) == {200: 20, 429: 5}
    for each in asking:
        await each.aclose()


async def test_one_address_does_not_use_up_what_all_may_have_looked_at(town: Street) -> None:
    tokens = [(await town.faces.visitor(f"N{n}"))[1] for n in range(MAX_BUSY_EACH + 2)]
    slow, other = client(town.faces.app(), address="203.0.113.1"), client(town.faces.app(), address="203.0.113.2")
    town.site.closed = asyncio.Event()
    begun = [asyncio.create_task(town.begin(slow, token=token)) for token in tokens[:-1]]
    done, _ = await asyncio.wait(begun, timeout=30, return_when=asyncio.FIRST_COMPLETED)
    assert [task.result().status_code for task in done] == [429]
    begun.append(asyncio.create_task(town.begin(other, token=tokens[-1])))
    town.site.closed.set()
    answers = await asyncio.gather(*begun)
    assert Counter(answer.status_code for answer in answers) == {200: MAX_BUSY_EACH + 1, 429: 1}
    for each in (slow, other):
        await each.aclose()


async def test_a_disabled_visitor_cannot_return_by_signing_in(town: Street) -> None:
    bot = town.browser("bot/1")
    await bot.get(await town.consent(await town.begin(bot)))
    await town.faces.chat.moderation.set_enabled(town.visitor.id, False, "admin")
    other, token = await town.faces.visitor("Again")
    answer = await bot.get(await town.consent(await town.begin(bot, token=token)))
    assert (answer.status_code, answer.json()["message"]) == (
        403,
        "the person with this account has been removed from this chat",
    )
    assert (await town.signed_in(token)).id == other.id


async def test_a_visitor_who_was_deleted_on_the_way_signs_nobody_in(town: Street) -> None:
    bot = town.browser("bot/1")
    path = await town.consent(await town.begin(bot))
    await town.faces.chat.moderation.delete(town.visitor.id)
    assert (await bot.get(path)).status_code == 404


async def test_a_code_is_sent_to_an_account_and_typed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, trusted = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with client_for() as nowhere, peer(nowhere, lambda: 0.0, tls=context) as ann:
        guard = Guard(frozenset({ann.server.authority}))
        async with open_faces(tmp_path, guard) as faces, faces.client() as asker:
            visitor, token = await faces.visitor("Shy newt")

            async def call(path: str, **body: object) -> tuple[int, object, str]:
                answer = await asker.post(f"/api/auth/fediverse{path}?accessToken={token}", json=body)
                told = answer.json()
                return answer.status_code, told["success"], told["message"]

            assert await call("", account=ann.handle) == (400, False, "federation is off")
            await faces.settings.change("node.public_url", "https://node.example")
            await faces.settings.change("federation.enabled", True)
            assert await call("/verify", code="123456") == (
                400, False, "no code is waited for, or it is older than 10 minutes: please ask for another"
            )  # fmt: skip
            assert (await call("", account=ann.handle))[:2] == (200, True)
            (row,) = await OutboxRow.all()
            (code,) = re.findall(r": (\d{6})\.", json.loads(row.body)["activity"]["object"]["content"])
            assert row.target == f"{ann.id}/inbox"
            assert await call("/verify", code="no") == (400, False, "code is not the one that was sent")
            assert (await call("/verify", code=code))[:2] == (200, True)
            assert (await faces.chat.visitors.get(visitor.id)).authenticated_at == faces.clock.now()
            for body in ({}, {"account": 7}, {"account": "nobody"}, {"account": f"bob@{ann.server.authority}"}):
                status, success, words = await call("", **body)
                assert (status, success, words.partition(" ")[0]) == (400, False, "account")
            assert (await call("/verify", code=123456))[:2] == (400, False)


async def test_over_tls_the_cookie_stays_on_tls(town: Street) -> None:
    browser = town.browser()
    answer = await browser.post(
        f"https://node.example/api/auth/indieauth?accessToken={town.token}", json={"authHost": town.site.url}
    )
    assert answer.headers["set-cookie"].endswith("; Secure")
