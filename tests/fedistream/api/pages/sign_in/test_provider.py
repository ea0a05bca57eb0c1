"""Signing in elsewhere with the node's own address: consent, codes, and what is refused."""

import base64
import hashlib
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2
import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from activitypub.network.guard import Guard
from fedistream.signin.grants import LIFE, MAX_GRANTS
from fedistream.signin.models import IndieAuthGrantRow
from fedistream.signin.provider import ENDPOINT
from tests.kit.adminpages import HTML, Visitor, csrf_token
from tests.kit.asking import HOST, basic
from tests.kit.faces import PASSWORD, RIGHT, Faces, open_faces
from tests.kit.webserver import serving

ME = "https://node.example/"
CLIENT, BACK = "https://app.example/", "https://app.example/back?x=1"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
REQUEST = {"client_id": CLIENT, "redirect_uri": BACK, "code_challenge": CHALLENGE, "state": "a b&c"}
GRANT = {"client_id": CLIENT, "redirect_uri": BACK, "code_verifier": VERIFIER}
ORIGIN = {"Origin": f"http://{HOST}"}
BROWSER = HTML | {"User-Agent": "Mozilla/5.0"}


def ticket(page: str) -> str:
    return page.partition('name="ticket" value="')[2].partition('"')[0]


async def code(web: httpx2.AsyncClient, **more: str) -> str:
    answer = await web.get(ENDPOINT, params=REQUEST | more, headers=RIGHT)
    assert answer.status_code == 307, answer.text
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


async def test_the_admin_agrees_on_a_page_and_the_client_learns_the_address(faces: Faces, admin: Visitor) -> None:
    page = await admin.web.get(ENDPOINT, params=REQUEST, headers=BROWSER)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' https://app.example;" in policy
    assert "Sign in at app.example?" in page.text
    assert "https://app.example/back?x=1" in page.text
    fields = {"csrf_token": csrf_token(page.text), "ticket": ticket(page.text), "do": "accept"}
    answer = await admin.web.post("/admin/indieauth", data=fields)
    assert answer.status_code == 303
    back = urlsplit(answer.headers["location"])
    told = dict(parse_qsl(back.query))
    assert f"{back.scheme}://{back.netloc}{back.path}" == "https://app.example/back"
    assert (told["x"], told["state"], told["iss"]) == ("1", "a b&c", ME)
    assert (await admin.web.post("/admin/indieauth", data=fields)).status_code == 409, "a form counts once"
    async with faces.client() as other:
        redeemed = await other.post(ENDPOINT, data=GRANT | {"code": told["code"], "grant_type": "authorization_code"})
        assert redeemed.json() == {"me": ME, "profile": {"name": "Fedistream", "url": ME, "photo": f"{ME}logo"}}
        assert redeemed.headers["cache-control"] == "no-store"
        replayed = await other.post(ENDPOINT, data=GRANT | {"code": told["code"]})
        assert (replayed.status_code, replayed.json()["error"]) == (400, "invalid_grant")


async def test_the_admin_says_no(admin: Visitor) -> None:
    page = await admin.web.get(ENDPOINT, params=REQUEST, headers=BROWSER)
    fields = {"csrf_token": csrf_token(page.text), "ticket": ticket(page.text), "do": "deny"}
    answer = await admin.web.post("/admin/indieauth", data=fields)
    told = parse_qs(urlsplit(answer.headers["location"]).query)
    assert (told["error"], told["state"], "code" in told) == (["access_denied"], ["a b&c"], False)


@pytest.mark.parametrize(
    "sign", [HTML, {"Sec-Fetch-Site": "cross-site"}, {"User-Agent": "Mozilla/5.0"}, {"Accept": "image/*", **BROWSER}]
)
async def test_no_browser_is_sent_on_without_a_question(faces: Faces, sign: dict[str, str]) -> None:
    async with faces.client() as web:
        answer = await web.get(ENDPOINT, params=REQUEST, headers=RIGHT | sign)
    assert (answer.status_code, "Sign in at app.example?" in answer.text) == (200, True)


async def test_a_cookie_alone_sends_nobody_on(faces: Faces) -> None:
    async with faces.client() as web:
        await web.get("/api/admin/status", headers=RIGHT)
        assert (await web.get(ENDPOINT, params=REQUEST)).status_code == 200
        proof = {"X-Owncast-CSRF-Protection": "1"}
        assert (await web.get(ENDPOINT, params=REQUEST, headers=proof)).status_code == 307


async def test_without_the_password_nobody_gets_a_code(faces: Faces) -> None:
    async with faces.client() as web:
        for headers in ({}, basic("wrong")):
            assert (await web.get(ENDPOINT, params=REQUEST, headers=headers)).status_code == 401
        led = await web.get(ENDPOINT, params=REQUEST, headers=BROWSER)
        assert led.status_code == 303
        assert led.headers["location"].startswith("/admin/login?next=%2Fapi%2Fauth%2Fprovider%2Findieauth")
        page = await web.get(led.headers["location"])
        where = parse_qs(urlsplit(led.headers["location"]).query)["next"][0]
        fields = {"csrf_token": csrf_token(page.text), "next": where, "username": "admin", "password": PASSWORD}
        answer = await web.post("/admin/login", data=fields)
        assert answer.headers["location"] == where
        assert "Sign in at app.example?" in (await web.get(where, headers=BROWSER)).text


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("client_id", "", "Query argument client_id is required, but not found"),
        ("redirect_uri", "", "Query argument redirect_uri is required, but not found"),
        ("state", "", "Query argument state is required, but not found"),
        ("code_challenge", "", "Query argument code_challenge is required, but not found"),
        ("code_challenge", "short", "code_challenge must be the SHA-256"),
        ("code_challenge_method", "plain", "code_challenge must be the SHA-256"),
        ("client_id", "javascript:alert(1)", "client_id must be an http or https address"),
        ("client_id", "https://user@app.example/", "client_id must be an http or https address"),
        ("client_id", "https://app.example/#x", "client_id"),
        ("redirect_uri", "app.example://back", "redirect_uri must be an http or https address"),
        ("redirect_uri", "https://app.example/back#x", "redirect_uri"),
        ("redirect_uri", "https://app.example.evil.example/", "redirect_uri must be at the host of client_id"),
        ("redirect_uri", "http://app.example/back", "redirect_uri must be at the host of client_id"),
        ("redirect_uri", "https://app.example:8443/back", "redirect_uri must be at the host of client_id"),
        ("response_type", "token", "response_type must be one of code"),
        ("state", "x" * 2049, "state must be at most 2048 characters"),
    ],
)
async def test_a_wrong_request_is_said_and_leads_nowhere(faces: Faces, name: str, value: str, told: str) -> None:
    async with faces.client() as web:
        for headers in (RIGHT, RIGHT | BROWSER):
            answer = await web.get(ENDPOINT, params=REQUEST | {name: value}, headers=headers)
            assert answer.status_code == 400
            assert "location" not in answer.headers
        plain = await web.get(ENDPOINT, params=REQUEST | {name: value}, headers=RIGHT)
        assert plain.text.startswith(told)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"redirect_uri": "https://app.example/other"}, "invalid_grant"),
        ({"redirect_uri": ""}, "invalid_grant"),
        ({"client_id": "https://evil.example/"}, "invalid_grant"),
        ({"code": ""}, "invalid_request"),
        ({"code": "\udcff".encode("utf-8", "surrogatepass").decode("latin-1")}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
    ],
)
async def test_a_code_is_redeemed_by_its_client_alone(faces: Faces, wrong: dict[str, str], error: str) -> None:
    async with faces.client() as web:
        made = await code(web)
        answer = await web.post(ENDPOINT, data=GRANT | {"code": made} | wrong)
        assert (answer.status_code, answer.json()["error"]) == (400, error)
        assert answer.json()["error_description"]


async def test_owncasts_older_name_of_the_verifier_is_read(faces: Faces) -> None:
    async with faces.client() as web:
        fields = {"code": await code(web), "client_id": CLIENT, "redirect_uri": BACK, "codeVerifier": VERIFIER}
        assert (await web.post(ENDPOINT, data=fields)).json()["me"] == ME
        for body in (b"", b"{}", b"\xff", b"a=b&" * 100):
            assert (await web.post(ENDPOINT, content=body)).json()["error"] == "invalid_request"


async def test_a_code_and_a_form_expire(faces: Faces, admin: Visitor) -> None:
    page = await admin.web.get(ENDPOINT, params=REQUEST, headers=BROWSER)
    async with faces.client() as web:
        made = await code(web)
        faces.clock.advance(LIFE.total_seconds())
        answer = await web.post(ENDPOINT, data=GRANT | {"code": made})
        assert answer.json()["error"] == "invalid_grant"
    fields = {"csrf_token": csrf_token(page.text), "ticket": ticket(page.text), "do": "accept"}
    assert (await admin.web.post("/admin/indieauth", data=fields)).status_code == 409


async def test_there_are_not_more_codes_than_the_most(faces: Faces) -> None:
    provider = faces.sign_in.provider
    asked = await provider.check(REQUEST)
    first = parse_qs(urlsplit(await provider.accept(asked)).query)["code"][0]
    for _ in range(MAX_GRANTS):
        last = parse_qs(urlsplit(await provider.accept(asked)).query)["code"][0]
    assert await IndieAuthGrantRow.all().count() == MAX_GRANTS
    async with faces.client() as web:
        assert (await web.post(ENDPOINT, data=GRANT | {"code": first})).status_code == 400
        assert (await web.post(ENDPOINT, data=GRANT | {"code": last})).status_code == 200


async def test_the_server_is_found_from_the_page(faces: Faces) -> None:
    async with faces.client() as web:
        assert (
            '<link rel="indieauth-metadata" href="/.well-known/oauth-authorization-server">'
            in (await web.get("/", headers=HTML)).text
        )
        told = (await web.get("/.well-known/oauth-authorization-server")).json()
        assert told["issuer"] == ME
        assert told["authorization_endpoint"] == f"{ME}api/auth/provider/indieauth"
        assert told["code_challenge_methods_supported"] == ["S256"]
        faces.settings.override("node.public_url", "")
        assert (await web.get("/.well-known/oauth-authorization-server")).status_code == 404
        assert (await web.get(ENDPOINT, params=REQUEST, headers=RIGHT)).status_code == 400


def answering(response: Response) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await response(scope, receive, send)

    return app


async def test_another_host_must_be_named_by_the_clients_page(tmp_path: Path) -> None:
    elsewhere = "https://phone.example/back"
    link = f'<link rel="redirect_uri" href="{elsewhere}">'
    pages: list[tuple[Response, bool]] = [
        (HTMLResponse(f"<!doctype html>{link}"), True),
        (HTMLResponse("x", headers={"Link": f'<{elsewhere}>; rel="redirect_uri"'}), True),
        (HTMLResponse(f"<!--{link}-->"), False),
        (HTMLResponse(link, 404), False),
        (JSONResponse({"client_id": "https://evil.example/", "redirect_uris": [elsewhere]}), False),
        (JSONResponse([elsewhere]), False),
        (HTMLResponse("x" * 3_000_000 + link), False),
    ]
    for number, (page, named) in enumerate(pages):
        async with serving(answering(page)) as port:
            (folder := tmp_path / str(number)).mkdir()
            async with open_faces(folder, Guard(frozenset({f"127.0.0.1:{port}"}))) as faces, faces.client() as web:
                await faces.settings.change("node.public_url", "https://node.example")
                asked = REQUEST | {"client_id": f"http://127.0.0.1:{port}/", "redirect_uri": elsewhere}
                answer = await web.get(ENDPOINT, params=asked, headers=RIGHT)
                assert answer.status_code == (307 if named else 400), number
