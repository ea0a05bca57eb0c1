"""Every form of the admin's pages: with the right token, a wrong one and none, as the admin and as nobody."""

from typing import Any
from urllib.parse import urlencode

import pytest

from fedistream.api.http.endpoints import Endpoint
from fedistream.api.http.permissions import Permission
from fedistream.api.pages.admin import owncast_paths
from fedistream.api.pages.admin.routes import ENDPOINTS
from tests.kit.adminpages import HTML, Visitor, csrf_token
from tests.kit.faces import RIGHT, Faces

FORMS = [entry for entry in ENDPOINTS if entry.auth is Permission.ADMIN and entry.method == "POST"]
PAGES = [
    entry.path
    for entry in ENDPOINTS
    if (entry.auth, entry.method) == (Permission.ADMIN, "GET")
    and "{" not in entry.path
    and entry.handler is not owncast_paths.redirect
]


def test_no_page_of_the_admin_changes_anything_when_it_is_looked_at() -> None:
    assert not [entry for entry in ENDPOINTS if entry.method == "GET" and entry.writes]


@pytest.mark.parametrize("entry", FORMS, ids=lambda entry: entry.path)
async def test_no_form_works_without_token_or_password_or_from_another_site(
    faces: Faces, admin: Visitor, entry: Endpoint[Any]
) -> None:
    good, path = csrf_token(await admin.see("/admin/")), entry.path.replace("{section}", "general")
    for wrong in ({}, {"csrf_token": ""}, {"csrf_token": good[:-1] + "x"}, {"csrf_token": f"9{good}"}):
        answer = await admin.web.post(path, data={"x": "y", **wrong})
        assert answer.status_code == 403, wrong
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert (await admin.web.post(path, data={"csrf_token": good}, headers=elsewhere)).status_code == 403
    async with faces.client() as stranger:
        assert (await stranger.post(path, data={"csrf_token": good}, headers=HTML)).status_code == 401


@pytest.mark.parametrize("entry", FORMS, ids=lambda entry: entry.path)
async def test_a_form_that_says_nothing_breaks_nothing(admin: Visitor, entry: Endpoint[Any]) -> None:
    good = csrf_token(await admin.see("/admin/"))
    answer = await admin.web.post(entry.path, data={"csrf_token": good, "id": NUL, "actor": NUL, "do": NUL})
    assert answer.status_code < 500


NUL = "\0\ud7ff\uffff" * 40


@pytest.mark.parametrize("path", PAGES)
async def test_pages_are_for_the_admin_alone_and_not_kept(faces: Faces, admin: Visitor, path: str) -> None:
    for query in ("", "?offset=-1", "?offset=999999999&search=%00&state=%F0&before=x&done=<b>hacked"):
        page = await admin.web.get(path + query)
        assert page.status_code in (200, 422), query
        assert page.headers["cache-control"] == "no-store"
        assert "hacked" not in page.text
    async with faces.client() as stranger:
        assert (await stranger.get(path)).status_code == 401
        led = await stranger.get(path, headers=HTML)
        assert (led.status_code, led.headers["location"]) == (303, f"/admin/login?{urlencode({'next': path})}")
        assert (await stranger.get(path, headers=RIGHT | {"Origin": "https://evil.example"})).status_code == 200
