"""Two-factor sign-in: set up, used at the login form, refused to programs, and ended."""

import asyncio
import re

from httpx2 import AsyncClient, Response

from fedistream.people import totp
from fedistream.people.models import AdminRecoveryCodeRow
from fedistream.people.second_factor import RECOVERY_CODES, TRIES, SecondFactor
from fedistream.people.values import SessionKind
from tests.kit.adminpages import HTML, Visitor, csrf_token, said
from tests.kit.asking import HOST, basic
from tests.kit.faces import PASSWORD, RIGHT, Faces

PAGE = "/admin/two-factor"
STATUS = "/api/admin/status"
ORIGIN = {"Origin": f"http://{HOST}"}


def code(faces: Faces, secret: bytes, later_s: float = 0) -> str:
    return totp.code(secret, int(faces.clock.now().timestamp() + later_s) // totp.STEP_S)


async def turned_on(faces: Faces) -> tuple[bytes, tuple[str, ...]]:
    """Return the secret and the recovery codes. The code of this moment is used up."""
    secret = await faces.made.second_factor.begin()
    codes = await faces.made.second_factor.confirm(code(faces, secret))
    faces.clock.advance(totp.STEP_S)
    return secret, codes


async def log_in(web: AsyncClient, typed: str, password: str = PASSWORD) -> Response:
    page = await web.get("/admin/login")
    fields = {"csrf_token": csrf_token(page.text), "username": "admin", "password": password, "code": typed}
    return await web.post("/admin/login", data=fields, headers=ORIGIN)


async def test_it_is_set_up_with_a_picture_and_holds_from_the_first_right_code_on(faces: Faces, admin: Visitor) -> None:
    other, _ = await faces.made.sessions.open(SessionKind.LOGIN, "192.0.2.1", "other")
    page = await admin.send(PAGE)
    assert 'src="data:image/svg+xml;base64,' in page.text
    secret = await faces.made.second_factor.pending()
    assert secret is not None
    assert totp.written(secret) in page.text
    assert not (await faces.made.second_factor.status()).enabled
    wrong = await admin.send(PAGE, f"{PAGE}/confirm", code="000000")
    assert wrong.status_code == 422
    assert "is wrong, was used already" in wrong.text
    assert totp.written(secret) in wrong.text
    assert not (await faces.made.second_factor.status()).enabled
    right = await admin.send(PAGE, f"{PAGE}/confirm", code=code(faces, secret))
    codes = re.findall(r"<li><code>(\w{5}-\w{5})</code>", right.text)
    assert len(codes) == RECOVERY_CODES
    assert totp.written(secret) not in right.text
    assert await faces.made.sessions.find(other) is None
    stored = str(await AdminRecoveryCodeRow.all().values())
    assert not [each for each in codes if each.replace("-", "") in stored]
    again = await admin.web.get(PAGE)
    assert codes[0] not in again.text
    assert totp.written(secret) not in again.text
    assert "10 recovery codes are left." in again.text
    token = csrf_token(again.text)
    assert (await admin.web.post(PAGE, data={"csrf_token": token})).status_code == 409, "it is on already"


async def test_the_form_asks_for_a_code_that_counts_once(faces: Faces) -> None:
    secret, _ = await turned_on(faces)
    async with faces.client() as web:
        assert 'autocomplete="one-time-code"' in (await web.get("/admin/login")).text
        for wrong in ("", "000000", code(faces, secret, -90), code(faces, secret, 90), "x" * 5000):
            answer = await log_in(web, wrong)
            assert (answer.status_code, "Wrong code" in answer.text) == (422, True)
            assert (await web.get(STATUS)).status_code == 401
        answer = await log_in(web, code(faces, secret), "wrong")
        assert "Wrong password." in answer.text, "and the code is not used"
        now = code(faces, secret)
        assert (await log_in(web, f"{now[:3]} {now[3:]}")).status_code == 303
        assert (await web.get(STATUS)).status_code == 200
    async with faces.client() as thief:
        assert (await log_in(thief, now)).status_code == 422, "a replay"
        faces.clock.advance(totp.STEP_S)
        assert (await log_in(thief, now)).status_code == 422
        assert (await log_in(thief, code(faces, secret))).status_code == 303


async def test_one_code_in_two_processes_at_once_counts_once(faces: Faces) -> None:
    secret, codes = await turned_on(faces)
    other = SecondFactor(faces.clock.now, faces.clock.monotonic, bytes)
    for typed in (code(faces, secret), codes[0]):
        both = await asyncio.gather(faces.made.second_factor.check(typed), other.check(typed))
        assert sorted(both) == [False, True]


async def test_a_recovery_code_replaces_a_code_once(faces: Faces) -> None:
    _, codes = await turned_on(faces)
    async with faces.client() as web:
        assert (await log_in(web, codes[3].upper())).status_code == 303
        assert "9 recovery codes are left." in (await web.get(PAGE, headers=HTML)).text
    async with faces.client() as web:
        assert (await log_in(web, codes[3])).status_code == 422
        assert (await log_in(web, codes[4].replace("-", " "))).status_code == 303


async def test_wrong_codes_are_slowed_down(faces: Faces) -> None:
    secret, _ = await turned_on(faces)
    async with faces.client() as web:
        for _ in range(TRIES):
            assert (await log_in(web, "000000")).status_code == 422
        answer = await log_in(web, code(faces, secret))
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
        faces.clock.advance(30)
        assert (await log_in(web, code(faces, secret))).status_code == 303


async def test_programs_are_refused_with_the_reason_unless_they_are_allowed(faces: Faces) -> None:
    secret, _ = await turned_on(faces)
    async with faces.client() as web, faces.client() as script:
        answer = await script.get(STATUS, headers=RIGHT)
        assert answer.status_code == 403
        assert answer.json()["message"].startswith("two-factor sign-in is on")
        assert (await script.get(STATUS, headers=basic("wrong"))).status_code == 401
        assert (await script.get(STATUS)).status_code == 401
        assert (await log_in(web, code(faces, secret))).status_code == 303
        token = csrf_token((await web.get(PAGE, headers=HTML)).text)
        for basic_on, status in (("on", 200), ("", 403)):
            fields = {"csrf_token": token, "basic": basic_on}
            answer = await web.post(f"{PAGE}/basic", data=fields, headers=ORIGIN, follow_redirects=True)
            assert said(answer) == "Saved."
            faces.clock.advance(10)
            script.cookies.clear()
            assert (await script.get(STATUS, headers=RIGHT)).status_code == status


async def test_it_is_ended_with_a_code(faces: Faces) -> None:
    secret, codes = await turned_on(faces)
    async with faces.client() as web:
        await log_in(web, code(faces, secret))
        token = csrf_token((await web.get(PAGE, headers=HTML)).text)
        fields = {"csrf_token": token, "code": "000000"}
        answer = await web.post(f"{PAGE}/disable", data=fields, headers=ORIGIN)
        assert (answer.status_code, (await faces.made.second_factor.status()).enabled) == (422, True)
        fields["code"] = codes[0]
        answer = await web.post(f"{PAGE}/disable", data=fields, headers=ORIGIN, follow_redirects=True)
        assert said(answer) == "Two-factor sign-in is off."
        assert not await AdminRecoveryCodeRow.all().exists()
        answer = await web.post(f"{PAGE}/basic", data=fields, headers=ORIGIN)
        assert answer.status_code == 409
        assert (await web.get(STATUS, headers=RIGHT)).status_code == 200


async def test_without_a_secret_nothing_is_confirmed(admin: Visitor) -> None:
    assert (await admin.send(PAGE, f"{PAGE}/confirm", code="000000")).status_code == 409
