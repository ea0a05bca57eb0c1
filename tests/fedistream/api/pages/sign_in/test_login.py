"""Signing in by the login form, sessions by cookie, and signing out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest
from httpx2 import AsyncClient, Response

from fedistream.api.http.admin_sign_in import COOKIE
from fedistream.api.http.auth import SPARE
from fedistream.api.http.login_limit import FREE
from fedistream.api.pages.sign_in.login import safe_next
from fedistream.people.sessions import IDLE
from tests.kit.adminpages import HTML, Visitor, csrf_token, said
from tests.kit.asking import HOST, basic, client
from tests.kit.faces import PASSWORD, RIGHT, Faces

ORIGIN = {"Origin": f"http://{HOST}"}
STATUS, TITLE = "/api/admin/status", "/api/admin/config/streamtitle"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def log_in(web: AsyncClient, password: str = PASSWORD, next_page: str = "", name: str = "admin") -> Response:
    page = await web.get("/admin/login", params={"next": next_page})
    fields = {"csrf_token": csrf_token(page.text), "next": next_page, "username": name, "password": password}
    return await web.post("/admin/login", data=fields, headers=ORIGIN)


@asynccontextmanager
async def by_form(faces: Faces, agent: str = FIREFOX) -> AsyncIterator[AsyncClient]:
    """A browser that signed in by the form."""
    async with faces.client(agent=agent) as web:
        web.headers.update(HTML)
        assert (await log_in(web)).status_code == 303
        yield web


async def test_a_browser_is_led_to_the_form_and_back(faces: Faces) -> None:
    async with faces.client() as web:
        led = await web.get("/admin/chat/messages?search=a%20b&offset=50", headers=HTML)
        assert led.status_code == 303
        where = "/admin/chat/messages?search=a%20b&offset=50"
        assert led.headers["location"] == f"/admin/login?{urlencode({'next': where})}"
        page = await web.get(led.headers["location"], headers=HTML)
        assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert 'autocomplete="current-password"' in page.text
        assert 'autocomplete="username"' in page.text
        answer = await log_in(web, next_page=where)
        assert (answer.status_code, answer.headers["location"]) == (303, where)
        assert (await web.get(where, headers=HTML)).status_code == 200
        again = await web.get(led.headers["location"], headers=HTML)
        assert (again.status_code, again.headers["location"]) == (303, where), "it is signed in already"


async def test_programs_are_challenged_as_before(faces: Faces) -> None:
    async with faces.client() as web:
        for path in ("/admin/", "/admin/sessions", STATUS):
            answer = await web.get(path)
            assert (answer.status_code, answer.headers["www-authenticate"][:13]) == (401, 'Basic realm="'), path
        answer = await web.get("/admin/", headers=HTML | basic("wrong"))
        assert (answer.status_code, answer.headers["www-authenticate"][:6]) == (401, "Basic ")
        answer = await web.get(STATUS, headers=HTML)
        assert answer.status_code == 401, "an address of the API is no page"


async def test_the_cookie_is_for_the_node_alone(faces: Faces) -> None:
    async with faces.client() as web:
        answer = await log_in(web)
    cookies = SimpleCookie()
    for value in answer.headers.get_list("set-cookie"):
        cookies.load(value)
    mine = cookies[COOKIE]
    assert (mine["httponly"], mine["samesite"], mine["path"], mine["domain"], mine["secure"]) == (
        True,
        "Lax",
        "/",
        "",
        "",
    )
    assert len(mine.value) == 43
    async with client(faces.app()) as web:
        web.base_url = f"https://{HOST}"
        page = await web.get("/admin/login")
        fields = {"csrf_token": csrf_token(page.text), "username": "admin", "password": PASSWORD}
        answer = await web.post("/admin/login", data=fields)
    assert [value.endswith("; Secure") for value in answer.headers.get_list("set-cookie")] == [True, True]


@pytest.mark.parametrize("password", ["", "wrong", "x" * 1025, "\0", PASSWORD + " "])
async def test_a_wrong_password_is_said_and_opens_nothing(faces: Faces, password: str) -> None:
    async with faces.client() as web:
        answer = await log_in(web, password)
        assert answer.status_code == 422
        assert "Wrong password." in answer.text
        assert "www-authenticate" not in answer.headers
        assert COOKIE not in web.cookies
        assert (await web.get(STATUS)).status_code == 401
    assert await faces.made.sessions.all() == ()


async def test_a_wrong_name_is_told_the_right_one(faces: Faces) -> None:
    async with faces.client() as web:
        answer = await log_in(web, name="root")
        assert (answer.status_code, "The name of the admin is “admin”." in answer.text) == (422, True)
        assert (await log_in(web, name=" Admin ")).status_code == 303


async def test_wrong_passwords_are_slowed_down_together_with_those_of_basic(faces: Faces) -> None:
    async with faces.client() as web:
        for n in range(FREE + SPARE):
            wrong = await (log_in(web, f"guess {n}") if n % 2 else web.get(STATUS, headers=basic(f"guess {n}")))
            assert wrong.status_code in (401, 422)
        answer = await log_in(web, "guess")
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
        assert "Too many wrong passwords or codes. Try again in" in answer.text
        assert (await web.get(STATUS, headers=basic("guess"))).status_code == 429


async def test_a_form_that_is_out_of_date_can_be_sent_again(faces: Faces) -> None:
    async with faces.client() as web:
        fields = {"csrf_token": "1.x", "username": "admin", "password": PASSWORD}
        answer = await web.post("/admin/login", data=fields)
        assert (answer.status_code, "out of date" in answer.text) == (422, True)
        fields["csrf_token"] = csrf_token(answer.text)
        assert (await web.post("/admin/login", data=fields)).status_code == 303
        for other in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            assert (await web.post("/admin/login", data=fields, headers=other)).status_code == 403


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "/",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example/admin/",
            "/admin/../x",
            "/admin",
            "admin/",
        ),
        *(
            "/admin//evil.example",
            "/admin/%2e%2e/x",
            "javascript:alert(1)",
            "/admin/\r\nx",
            "/admin/login?next=/admin/",
        ),
        *("/admin/%5Cx\\", "/admin/ä", "/admin/" + "x" * 7000, "//[", "/administrator"),
    ],
)
def test_the_form_leads_nowhere_else(text: str) -> None:
    assert safe_next(text) == "/admin/"


@pytest.mark.parametrize(
    "text",
    [
        "/admin/",
        "/admin/live",
        "/api/auth/provider/indieauth?client_id=https%3A%2F%2Fx.example%2F",
        "/admin/chat/visitors/x-1?y=%2F&z=a+b",
    ],
)
def test_the_form_leads_to_the_admins_pages(text: str) -> None:
    assert safe_next(text) == text


async def test_a_session_opens_everything_in_every_process(faces: Faces) -> None:
    async with by_form(faces) as web:
        cookie = {COOKIE: web.cookies[COOKIE]}
    async with faces.client() as other:  # another application on the same database
        other.cookies.update(cookie)
        assert (await other.get(STATUS)).status_code == 200
        assert (await other.post(TITLE, json={"value": "by cookie"}, headers=ORIGIN)).json()["success"]
        assert (await other.get("/admin/", headers=HTML)).status_code == 200
        for wrong in ("x", cookie[COOKIE][:-1], cookie[COOKIE] + "x", "\xe9"):
            answer = await other.get(STATUS, headers=[(b"Cookie", f"{COOKIE}={wrong}".encode("latin-1"))])
            assert answer.status_code == 401, wrong


async def test_changes_by_cookie_need_a_proof_of_their_origin(faces: Faces) -> None:
    async with by_form(faces) as web:
        for bad in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"X-Owncast-CSRF-Protection": "0"}):
            answer = await web.post(TITLE, json={"value": "x"}, headers=bad)
            assert (answer.status_code, answer.text) == (403, "Forbidden"), bad
            assert (await web.get("/api/admin/disconnect", headers=bad)).status_code == 403, "it changes something"
        for good in (ORIGIN, {"X-Owncast-CSRF-Protection": "1"}, RIGHT):
            assert (await web.post(TITLE, json={"value": "x"}, headers=good)).status_code == 200, good
        assert (await web.get("/api/admin/disconnect", headers={"X-Owncast-CSRF-Protection": "1"})).status_code != 403


async def test_owncasts_development_server_may_ask_a_node_on_the_same_machine(faces: Faces) -> None:
    async with by_form(faces) as web:
        headers = {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"}
        assert (await web.post(TITLE, json={"value": "x"}, headers=headers)).status_code == 403
        local = headers | {"Host": "localhost:8080"}
        answer = await web.post(TITLE, json={"value": "x"}, headers=local | RIGHT)
        assert answer.status_code == 200


async def test_the_password_by_basic_opens_a_session_too(faces: Faces) -> None:
    async with faces.client() as web:
        for _ in range(3):
            assert (await web.get(STATUS, headers=RIGHT)).status_code == 200
        assert (await web.get(STATUS)).status_code == 200, "by its cookie"
        assert (await web.post(TITLE, json={"value": "x"})).status_code == 403
    async with faces.client() as script:
        for _ in range(3):
            assert (await script.post(TITLE, json={"value": "x"}, headers=RIGHT)).status_code == 200
            script.cookies.clear()
        assert (await script.get(STATUS)).status_code == 401
    assert len(await faces.made.sessions.all()) == 1


async def test_signing_out_ends_the_session(faces: Faces) -> None:
    async with by_form(faces) as web:
        cookie = web.cookies[COOKIE]
        token = csrf_token((await web.get("/admin/")).text)
        answer = await web.post("/admin/logout", data={"csrf_token": token}, headers=ORIGIN)
        assert (answer.status_code, answer.headers["location"]) == (303, "/admin/login?done=signed-out")
        assert COOKIE not in web.cookies
        assert said(await web.get(answer.headers["location"])) == ""
        assert "You are signed out." in (await web.get(answer.headers["location"])).text
        web.cookies.set(COOKIE, cookie)
        assert (await web.get(STATUS)).status_code == 401


async def test_the_list_names_browsers_and_ends_them(faces: Faces) -> None:
    async with by_form(faces) as web, by_form(faces, "curl/8.5") as other, by_form(faces, "<b>x</b>") as third:
        page = (await web.get("/admin/sessions")).text
        assert "Firefox · Linux" in page
        assert "curl" in page
        assert "this session" in page
        assert "<b>x" not in page
        ids = [each.id for each in await faces.made.sessions.all()]
        fields = {"csrf_token": csrf_token(page), "id": str(ids[-2])}
        answer = await web.post("/admin/sessions", data=fields, headers=ORIGIN, follow_redirects=True)
        assert said(answer) == "Session ended."
        assert [(await each.get(STATUS)).status_code for each in (web, other, third)] == [200, 401, 200]
        again = await web.post("/admin/sessions", data=fields, headers=ORIGIN, follow_redirects=True)
        assert said(again) == "It no longer exists."
        answer = await web.post("/admin/sessions/others", data=fields, headers=ORIGIN, follow_redirects=True)
        assert said(answer) == "All other sessions have ended."
        assert [(await each.get(STATUS)).status_code for each in (web, third)] == [200, 401]


async def test_another_password_ends_the_others(faces: Faces) -> None:
    async with by_form(faces) as web, by_form(faces) as other:
        token = csrf_token((await web.get("/admin/")).text)
        fields = {"csrf_token": token, "password": "another password", "again": "another password"}
        assert (await web.post("/admin/password", data=fields, headers=ORIGIN)).status_code == 303
        assert [(await each.get(STATUS)).status_code for each in (web, other)] == [200, 401]
        answer = await web.post("/api/admin/config/adminpass", json={"value": PASSWORD}, headers=ORIGIN)
        assert answer.json() == {"success": True, "message": "changed"}
        assert (await web.get(STATUS)).status_code == 200


async def test_a_session_that_is_not_used_leads_to_the_form_again(faces: Faces) -> None:
    async with by_form(faces) as web:
        faces.clock.advance(IDLE.total_seconds() - 1)
        assert (await web.get("/admin/")).status_code == 200
        faces.clock.advance(IDLE.total_seconds())
        assert (await web.get("/admin/")).status_code == 303


async def test_a_program_is_on_the_list_as_one(faces: Faces, admin: Visitor) -> None:
    page = await admin.see("/admin/sessions")
    assert "by password with each request" in page
    assert "this session" in page
