"""A running node does what its document says: Schemathesis makes the requests, right ones and wrong ones.

No answer may be a 5xx, and each has a status, a media type and a shape that the document states for it.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import httpx2
import pytest
import pytest_asyncio
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from fedistream.api.openapi.document import document
from fedistream.api.openapi.faces import ADMIN_PAGES
from fedistream.api.owncast.errors import SETTERS
from tests.kit.asking import basic
from tests.kit.livenode import PASSWORD
from tests.kit.nodeprocess import started

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

DOCUMENT = document()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
METRICS = "a token for the figures"
EXAMPLES = 2  # of right requests to an operation, and as many of wrong ones
EXAMPLES_OF_A_PAGE = 1
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
# after it, no other request would be let in
PASSWORD_CHANGE = "/api/admin/config/adminpass"
SOCKETS = ("/ws", "/entry")
FORMAT = schemathesis.GenerationMode

Operation = schemathesis.APIOperation[Any, Any, Any, Any]
OPERATIONS: list[Operation] = [
    SCHEMA[path][method]
    for path, methods in DOCUMENT["paths"].items()
    for method in methods
    if path not in (PASSWORD_CHANGE, *SOCKETS)
]


@dataclass(frozen=True, slots=True)
class World:
    """A node, and the credentials of each security scheme as headers and query."""

    url: str
    credentials: dict[str, tuple[dict[str, str], dict[str, str]]]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("conformance")
    flags = ("--admin-password", PASSWORD, "--metrics-token", METRICS)
    async with (
        started(folder, *flags) as node,
        httpx2.AsyncClient(base_url=node.url, auth=("admin", PASSWORD), timeout=30) as http,
    ):
        visitor = (await http.post("/api/chat/register", json={"displayName": "Mod"})).json()
        moderator = {"userId": visitor["id"], "isModerator": True}
        assert (await http.post("/api/admin/chat/users/setmoderator", json=moderator)).status_code == 200
        scopes = ["CAN_SEND_MESSAGES", "CAN_SEND_SYSTEM_MESSAGES", "HAS_ADMIN_ACCESS"]
        token = await http.post("/api/admin/accesstokens/create", json={"name": "Bot", "scopes": scopes})
        for name, value in (("serverurl", "https://node.example"), ("federation/enable", True)):
            assert (await http.post(f"/api/admin/config/{name}", json={"value": value})).status_code == 200
        yield World(
            node.url.rstrip("/"),
            {
                "adminPassword": (basic(PASSWORD), {}),
                "visitorToken": ({}, {"accessToken": visitor["accessToken"]}),
                "accessToken": ({"Authorization": f"Bearer {token.json()['accessToken']}"}, {}),
                "metricsToken": ({"Authorization": f"Bearer {METRICS}"}, {}),
            },
        )


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.method.upper()} {each.path}")
async def test_an_operation_answers_as_the_document_says(world: World, operation: Operation) -> None:
    await asyncio.to_thread(conform, world, operation)


def conform(world: World, operation: Operation) -> None:
    stated = DOCUMENT["paths"][operation.path][operation.method]
    headers, query = credentials(world, stated)
    examples = EXAMPLES_OF_A_PAGE if stated["tags"] == [ADMIN_PAGES] else EXAMPLES
    modes = [FORMAT.POSITIVE]
    # every text is a part of a path: none of those is wrong
    if "requestBody" in stated or any(each["in"] == "query" for each in stated.get("parameters", ())):
        modes.append(FORMAT.NEGATIVE)
    with requests.Session() as session:
        for mode in modes:

            @settings(
                max_examples=examples,
                phases=(Phase.generate,),
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def answers(case: schemathesis.Case[Any]) -> None:
                case.call_and_validate(
                    base_url=world.url,
                    session=session,
                    headers=headers,
                    params=query,
                    allow_redirects=False,
                    checks=CHECKS,
                )

            answers()


def credentials(world: World, stated: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    schemes = [name for requirement in stated["security"] for name in requirement]
    return world.credentials[schemes[0]] if schemes else ({}, {})


async def test_a_method_that_a_path_does_not_have_is_answered_with_405(world: World) -> None:
    methods = cycle(METHODS)
    async with httpx2.AsyncClient(base_url=world.url, timeout=30) as http:
        for path, stated in DOCUMENT["paths"].items():
            if path in SOCKETS or path.startswith("/hls/") or len(stated) == len(METHODS):
                continue
            method = next(each for each in methods if each.lower() not in stated)
            headers, query = credentials(world, next(iter(stated.values())))
            answer = await http.request(method, filled(path), headers=headers, params=query)
            # 400 as Owncast
            assert answer.status_code == (400 if path.startswith(SETTERS) else 405), (method, path)
            allowed = answer.headers["allow"].split(", ")
            assert {each.upper() for each in stated} <= {*allowed}, (method, path)


async def test_a_call_without_its_credentials_is_answered_with_401(world: World) -> None:
    async with httpx2.AsyncClient(base_url=world.url, timeout=30) as http:
        for path, methods in DOCUMENT["paths"].items():
            for method, stated in methods.items():
                if not stated["security"] or path in SOCKETS:
                    continue
                for headers in ({}, {"Authorization": "Bearer wrong"}):
                    answer = await http.request(method, filled(path), headers=headers)
                    assert answer.status_code == 401, (method, path, headers)


def filled(path: str) -> str:
    return path.replace("{", "").replace("}", "")
