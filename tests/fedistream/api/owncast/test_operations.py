"""Every documented operation of Owncast's API, with the request and the answer that its row in the vectors states.

A row has the method, the path, the principal, what is sent (`send` is JSON, or the query of a GET), and the name of the
answer's shape. `status` is that of a request which needs another server, where nobody answers in this test.
"""

import base64
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import jsonschema_rs
import pytest
import pytest_asyncio
from httpx2 import AsyncClient, Response

from fedistream.access_tokens.service import Scope
from fedistream.api.openapi.document import document
from fedistream.federation.values import FeaturedState
from fedistream.schedule.values import Change
from tests.fedistream.api.owncast.operations import ROWS, TO_COME, Row
from tests.kit import following
from tests.kit.faces import PASSWORD, RIGHT, Faces, open_faces
from tests.kit.onair import live

pytestmark = pytest.mark.asyncio(loop_scope="module")

numbers = count()
DOCUMENT = document(closed=True)
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
BY_SCOPE = {scope.value: scope for scope in Scope}

GUARDED = [row for row in ROWS if row["auth"] != "none" and row["path"] not in TO_COME]


@dataclass(frozen=True)
class World:
    """A live stream with one of each thing that a request may name."""

    faces: Faces
    http: AsyncClient


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with open_faces(tmp_path_factory.mktemp("operations")) as faces:
        await faces.settings.change("node.public_url", "https://node.example")
        await faces.settings.change("federation.enabled", True)
        home = faces.channels.home().id
        await faces.settings.change("notifications.browser", {"enabled": True, "goLiveMessage": "Live"}, home)
        faces.broadcasts.on[home] = live(home)
        async with faces.client() as http:
            yield World(faces, http)


def name(row: Row) -> str:
    return f"{row['method']} {row['path']}"


@pytest.mark.parametrize("row", ROWS, ids=name)
async def test_an_operation_answers_as_documented(world: World, row: Row) -> None:
    if row["path"] in TO_COME:
        answer = await world.http.request(row["method"], row["path"], headers=RIGHT)
        assert answer.status_code in (404, 405), "it answers: take it off the list"
        return
    answer = await request(world, row)
    assert answer.status_code == row.get("status", 200), answer.text
    check(row, answer)


@pytest.mark.parametrize("row", GUARDED, ids=name)
async def test_an_operation_wants_its_principal(world: World, row: Row) -> None:
    path = row["path"].replace("{", "").replace("}", "")
    world.http.cookies.clear()  # the session of a right request before
    for headers, query in (({}, ""), ({"Authorization": "Bearer wrong"}, "?accessToken=wrong")):
        answer = await world.http.request(row["method"], path + query, headers=headers)
        assert answer.status_code in (400, 401), (headers, query)


async def request(world: World, row: Row) -> Response:
    """Send the row's request, with the principal and the things that it names."""
    faces, http = world.faces, world.http
    filled = await things(faces, json.dumps(row))
    headers: dict[str, str] = {}
    query = {}
    if row["auth"] == "admin":
        await faces.people.set_admin_password(PASSWORD)
        headers = dict(RIGHT)
    elif row["auth"] in BY_SCOPE:
        headers = await faces.bearer(BY_SCOPE[row["auth"]])
    elif row["auth"] != "none":
        _, token = await faces.visitor("Mod", moderator=row["auth"] == "moderator")
        query = {"accessToken": token}
    # what a row before has changed is as it was
    home = faces.channels.home().id
    faces.broadcasts.on[home] = live(home)
    await faces.settings.change("federation.enabled", True)
    await faces.settings.change("directory.enabled", True)
    if isinstance(filled.get("send"), str):
        return await http.get(f"{filled['path']}?{filled['send']}", headers=headers)
    body = {"json": filled["send"]} if "send" in filled else {"data": filled["form"]} if "form" in filled else {}
    return await http.request(
        row["method"], filled["path"], params=query, headers=headers, follow_redirects=False, **body
    )


async def things(faces: Faces, text: str) -> Row:
    """Return the row with the ids of new things in place of their names."""
    home = faces.channels.home().id
    if "$visitor" in text or "{userId}" in text:
        visitor, _ = await faces.visitor("Ann")
        text = text.replace("$visitor", visitor.id).replace("{userId}", visitor.id)
    if "$message" in text:
        said = await faces.chat.poster.system(home, "hello")
        text = text.replace("$message", said.id)
    if "$follower" in text:
        text = text.replace("$follower", await following.follower(f"someone{next(numbers)}"))
    if "$token" in text:
        _, token = await faces.access_tokens.make("Old", [Scope.SEND.value])
        text = text.replace("$token", token)
    if "{id}" in text:
        server = await following.featured(FeaturedState.ACCEPTED)
        text = text.replace("{id}", str(server.id))
    if "$banned" in text:
        await faces.chat.moderation.ban("192.0.2.66")
        text = text.replace("$banned", "192.0.2.66")
    if "$emoji" in text:
        await faces.chat.emoji.put("old.png", DOT)
        text = text.replace("$emoji", "old.png")
    if '"$webhook"' in text:
        webhook = await faces.made.webhooks.webhooks.create("https://hooks.example/y", ["CHAT"])
        text = text.replace('"$webhook"', str(webhook.id))
    if "$event" in text:
        at = faces.clock.now() + timedelta(days=1)
        await faces.made.schedule.put(home, Change("Pots", start=at))
        text = text.replace("$event", (await faces.made.schedule.overview(home)).events[-1].id)
    row: Row = json.loads(text.replace("{clientId}", "1"))
    return row


def check(row: Row, answer: Response) -> None:
    """Hold an answer against the shape that the row names, and against the document's answer of that status."""
    stated = DOCUMENT["paths"][in_document(row["path"])][row["method"].lower()]["responses"][str(answer.status_code)]
    if "$ref" in stated:
        stated = DOCUMENT["components"]["responses"][stated["$ref"].rpartition("/")[2]]
    content = stated.get("content", {})
    if not content:
        assert answer.content == b""
        return
    media_type = answer.headers["content-type"].partition(";")[0]
    schema = content[media_type]["schema"]
    if answer.status_code == 200 and media_type == "application/json":
        assert schema == named(row["answer"]), "the document names another shape than the row"
    if media_type == "application/json":
        jsonschema_rs.validator_for(schema | {"components": DOCUMENT["components"]}).validate(answer.json())


def named(shape: str) -> dict[str, Any]:
    """Return the schema of a row's answer: the name of a shape, in brackets for a list, in braces for a map."""
    reference = {"$ref": f"#/components/schemas/{shape.strip('[]{}')}"}
    if shape.startswith("["):
        return {"type": "array", "items": reference}
    return {"type": "object", "additionalProperties": reference} if shape.startswith("{") else reference


def in_document(path: str) -> str:
    """Return the path of the document: its parts have other names than Owncast's."""
    pattern = re.compile(re.sub(r"\{\w+\}", r"\\{\\w+\\}", path) + "$")
    paths: dict[str, Any] = DOCUMENT["paths"]
    return next(known for known in paths if pattern.match(known))
