"""The document and its page over HTTP."""

import asyncio
import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from httpx2 import AsyncClient

from tests.kit.faces import open_faces


@pytest_asyncio.fixture
async def http(tmp_path: Path) -> AsyncIterator[AsyncClient]:
    async with open_faces(tmp_path) as faces, faces.client() as client:
        yield client


async def test_the_document_is_open_to_everybody_and_to_the_scripts_of_every_site(http: AsyncClient) -> None:
    answer = await http.get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json()["openapi"].startswith("3.1.")
    assert "/api/openapi.json" in answer.json()["paths"]


async def test_a_client_without_gzip_gets_the_same_document(http: AsyncClient) -> None:
    plain = await http.get("/api/openapi.json", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    async with http.stream("GET", "/api/openapi.json", headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join([part async for part in packed.aiter_raw()])) == plain.content
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


async def test_a_client_that_has_it_gets_it_no_more(http: AsyncClient) -> None:
    for path in ("/api/openapi.json", "/api/docs"):
        tag = (await http.get(path)).headers["etag"]
        again = await http.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")


async def test_a_wrong_method_is_answered_in_the_envelope(http: AsyncClient) -> None:
    answer = await http.post("/api/docs")
    assert answer.status_code == 405
    assert answer.json() == {"error": "POST not supported"}


async def test_the_page_shows_every_call_and_every_shape(http: AsyncClient) -> None:
    document, page = (await http.get("/api/openapi.json")).json(), await http.get("/api/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for methods in document["paths"].values():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in page.text
    for shape in document["components"]["schemas"]:
        assert f'<details id="{shape}">' in page.text


async def test_the_page_has_a_policy_of_its_own_and_no_script_inside(http: AsyncClient) -> None:
    page = await http.get("/api/docs")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert page.text.count("<script") == page.text.count('<script type="module" src="/static/')
    assert set(re.findall(r'(?:src|href|action)="(.)', page.text)) == {"/", "#"}, "it loads from elsewhere"


async def test_the_document_is_made_once_however_many_ask(http: AsyncClient) -> None:
    answers = await asyncio.gather(*(http.get("/api/openapi.json") for _ in range(5)))
    assert len({answer.headers["etag"] for answer in answers}) == 1
    assert {answer.status_code for answer in answers} == {200}
