"""Every gate is knocked at with the right credentials, with wrong ones and with none. The table is in ../gates.py."""

import importlib
import pkgutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from fedistream import api
from fedistream.access_tokens.service import Scope
from fedistream.api.http.endpoints import Endpoint
from fedistream.api.http.permissions import Permission
from fedistream.api.owncast.websocket.endpoint import PATHS
from fedistream.chat.moderation import ADMIN
from tests.fedistream.api.gates import RAW, ROWS, SOCKETS, Row
from tests.kit.asking import ADDRESS, HOST, basic
from tests.kit.chatclient import chatting
from tests.kit.faces import RIGHT, Faces, open_faces
from tests.kit.webserver import serving

WRONG = basic("wrong")
ELSEWHERE = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}


def entries() -> Iterator[Endpoint[Any]]:
    """The entries of every face there is: whatever module under fedistream.api has an ENDPOINTS table."""
    for module in pkgutil.walk_packages(api.__path__, f"{api.__name__}."):
        yield from getattr(importlib.import_module(module.name), "ENDPOINTS", ())


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with open_faces(tmp_path) as opened:
        yield opened


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert {(row.method, row.path, row.who) for row in ROWS} == {
        (entry.method, entry.path, entry.auth.value) for entry in entries()
    }


def test_no_row_is_written_twice() -> None:
    calls = [(row.method, row.path) for row in ROWS]
    assert len(calls) == len(set(calls))


def test_every_row_names_a_known_key() -> None:
    assert {row.who for row in (*ROWS, *RAW)} <= {permission.value for permission in Permission}


async def test_open_calls_are_open_to_all(faces: Faces) -> None:
    async with faces.client() as http:
        for row in (*ROWS, *RAW):
            for headers in ({}, WRONG, RIGHT):
                if row.who == "anyone":
                    answer = await http.request(row.method, row.target, headers=headers)
                    assert answer.status_code not in (401, 403, 429, 500), row


async def test_visitors_calls_open_for_the_token_of_somebody_enabled(faces: Faces) -> None:
    _, token = await faces.visitor("Ann")
    blocked, dead = await faces.visitor("Bob")
    await faces.chat.moderation.set_enabled(blocked.id, False, ADMIN)
    async with faces.client() as http:
        for row in of(Permission.VISITOR):
            for wrong in ({}, {"accessToken": ""}, {"accessToken": "x"}, {"accessToken": dead}, {"accesstoken": token}):
                answer = await http.request(row.method, row.target, params=wrong, headers=RIGHT)
                assert (answer.status_code, answer.text) == (401, "unauthorized"), row
            answer = await http.request(row.method, row.target, params={"accessToken": token})
            assert answer.status_code not in (401, 403, 500), row


async def test_moderators_calls_open_for_a_moderators_token_alone(faces: Faces) -> None:
    _, visitors = await faces.visitor("Ann")
    _, moderators = await faces.visitor("Mod", moderator=True)
    async with faces.client() as http:
        for row in of(Permission.MODERATOR):
            for wrong in ({}, {"accessToken": "x"}, {"accessToken": visitors}):
                answer = await http.request(row.method, row.target, params=wrong, headers=RIGHT)
                assert (answer.status_code, answer.text) == (401, "unauthorized"), row
            answer = await http.request(row.method, row.target, params={"accessToken": moderators})
            assert answer.status_code not in (401, 403, 500), row


async def test_a_banned_address_gets_no_further_with_a_token_and_the_admin_does(faces: Faces) -> None:
    _, token = await faces.visitor("Mod", moderator=True)
    await faces.chat.moderation.ban(ADDRESS)
    async with faces.client() as http:
        for row in (*of(Permission.VISITOR), *of(Permission.MODERATOR)):
            answer = await http.request(row.method, row.target, params={"accessToken": token})
            assert answer.status_code == 401, row
        assert (await http.get("/api/admin/chat/users/ipbans", headers=RIGHT)).status_code == 200


async def test_the_chats_sockets_open_for_the_token_of_somebody_enabled(faces: Faces) -> None:
    (_, right), (sent_away, dead), (deleted, gone) = [await faces.visitor(name) for name in ("Ann", "Bo", "Cy")]
    await faces.chat.moderation.set_enabled(sent_away.id, False, ADMIN)
    await faces.chat.moderation.delete(deleted.id)
    first = {
        right: "CONNECTED_USER_INFO",
        dead: "ERROR_USER_DISABLED",
        gone: "ERROR_NEEDS_REGISTRATION",
        "nobodys": "ERROR_NEEDS_REGISTRATION",
    }
    assert {row.path for row in SOCKETS} == PATHS
    async with serving(faces.app()) as port:
        for row in SOCKETS:
            for token, told in first.items():
                async with chatting(port, token, row.path) as socket:
                    assert (await socket.next())["type"] == told, row
                    if token != right:
                        assert await socket.closed() == 1000
            async with chatting(port, "", row.path) as socket:
                assert await socket.closed() == 1000


async def test_an_integrations_calls_open_for_a_token_with_their_scope_alone(faces: Faces) -> None:
    keys = {scope: await faces.bearer(scope) for scope in Scope}
    async with faces.client() as http:
        for scope, right in keys.items():
            others = [key for other, key in keys.items() if other is not scope]
            lower = {"Authorization": right["Authorization"].replace("Bearer", "bearer")}
            for row in of(Permission(f"bearer:{scope.value}")):
                for wrong in ({}, RIGHT, {"Authorization": "Bearer x"}, {"Authorization": "Bearer"}, *others):
                    answer = await http.request(row.method, row.target, headers=wrong)
                    assert (answer.status_code, answer.text) == (401, "unauthorized"), row
                for key in (right, lower):
                    answer = await http.request(row.method, row.target, headers=key)
                    assert answer.status_code not in (401, 403, 429, 500), row
                    assert answer.headers["access-control-allow-origin"] == "*"


async def test_the_token_of_a_bot_that_was_deleted_is_dead(faces: Faces) -> None:
    key = await faces.bearer(Scope.ADMIN)
    (integration,) = await faces.access_tokens.all()
    await faces.chat.moderation.delete(integration.visitor_id)
    async with faces.client() as http:
        assert (await http.get("/api/integrations/clients", headers=key)).status_code == 401


def of(who: Permission) -> list[Row]:
    return [row for row in ROWS if row.who == who.value]


def admin_rows() -> list[Row]:
    return [row for row in ROWS if row.who == "admin"]


@pytest.mark.slow
async def test_the_admins_calls_need_the_admin_password(faces: Faces) -> None:
    for n, row in enumerate(admin_rows()):
        # an address each: ten wrong passwords from one are enough to be refused without being heard
        async with faces.client(f"198.51.100.{n}") as http:
            for headers in ({}, WRONG, {"Authorization": "Bearer correct horse battery"}):
                answer = await http.request(row.method, row.target, headers=headers)
                assert (answer.status_code, answer.headers["www-authenticate"][:6]) == (401, "Basic "), row
            answer = await http.request(row.method, row.target, headers=RIGHT)
            assert answer.status_code not in (401, 429, 500), row


async def test_wrong_methods_tell_a_stranger_nothing_about_the_admins_calls(faces: Faces) -> None:
    # with another method the IndieAuth endpoint is for everybody
    open_paths = {row.path for row in ROWS if row.who == "anyone"}
    async with faces.client() as http:
        for row in (row for row in admin_rows() if row.path not in open_paths):
            assert (await http.request("PATCH", row.target)).status_code == 401, row


async def test_no_other_site_writes_with_the_admins_browser(faces: Faces) -> None:
    writing = {(entry.method, entry.path) for entry in entries() if entry.writes}
    async with faces.client() as http:
        for row in admin_rows():
            if (row.method, row.path) in writing:
                answer = await http.request(row.method, row.target, headers=RIGHT | ELSEWHERE)
                assert answer.status_code == 403, row


async def test_no_other_site_reads_what_the_admins_browser_may(faces: Faces) -> None:
    async with faces.client() as http:
        for row in admin_rows():
            answer = await http.request(row.method, row.target, headers=RIGHT | {"Origin": "https://evil.example"})
            assert "access-control-allow-origin" not in answer.headers, row


async def test_paths_that_are_nearly_the_admins_lead_nowhere(faces: Faces) -> None:
    async with faces.client() as http:
        for row in admin_rows():
            for path in (row.target + "/x", row.target.upper(), f"http://{HOST}/{row.target}"):
                assert (await http.request(row.method, path)).status_code in (401, 404), path
