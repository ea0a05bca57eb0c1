"""Every gate is knocked at with the right credentials, with wrong ones and with none. The table is in gates.py."""

import importlib
import pkgutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from fedistream import api
from fedistream.api.entries import Entry
from tests.fedistream.api.gates import RAW, ROWS, Row
from tests.kit.asking import HOST, basic
from tests.kit.faces import RIGHT, Faces, open_faces

WRONG = basic("wrong")
ELSEWHERE = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}


def entries() -> Iterator[Entry]:
    """The entries of every face there is: whatever module under fedistream.api has an ENTRIES table."""
    for module in pkgutil.walk_packages(api.__path__, f"{api.__name__}."):
        yield from getattr(importlib.import_module(module.name), "ENTRIES", ())


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with open_faces(tmp_path) as opened:
        yield opened


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert {(row.method, row.path, row.who) for row in ROWS} == {
        (entry.method, entry.path, entry.who) for entry in entries()
    }


def test_no_row_is_written_twice() -> None:
    calls = [(row.method, row.path) for row in ROWS]
    assert len(calls) == len(set(calls))


def test_every_row_names_a_known_key() -> None:
    assert {row.who for row in (*ROWS, *RAW)} <= {"anyone", "admin"}


async def test_open_calls_are_open_to_all(faces: Faces) -> None:
    async with faces.client() as http:
        for row in (*ROWS, *RAW):
            for headers in ({}, WRONG, RIGHT):
                if row.who == "anyone":
                    answer = await http.request(row.method, row.target, headers=headers)
                    assert answer.status_code not in (401, 403, 429, 500), row


def admin_rows() -> list[Row]:
    return [row for row in ROWS if row.who == "admin"]


async def test_the_admins_calls_open_for_his_password_alone(faces: Faces) -> None:
    for n, row in enumerate(admin_rows()):
        # an address each: ten wrong passwords from one are enough to be refused without being heard
        async with faces.client(f"198.51.100.{n}") as http:
            for headers in ({}, WRONG, {"Authorization": "Bearer correct horse battery"}):
                answer = await http.request(row.method, row.target, headers=headers)
                assert (answer.status_code, answer.headers["www-authenticate"][:6]) == (401, "Basic "), row
            answer = await http.request(row.method, row.target, headers=RIGHT)
            assert answer.status_code not in (401, 429, 500), row


async def test_wrong_methods_tell_a_stranger_nothing_about_the_admins_calls(faces: Faces) -> None:
    async with faces.client() as http:
        for row in admin_rows():
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
