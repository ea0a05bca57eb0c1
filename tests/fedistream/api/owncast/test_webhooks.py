"""Owncast's three calls for webhooks, with its texts and statuses."""

import pytest

from tests.kit.faces import RIGHT, Faces

PATH = "/api/admin/webhooks"
URL = "https://bot.example/hook"
CAPTURED = (
    "CHAT",
    "USER_JOINED",
    "USER_PARTED",
    "NAME_CHANGE",
    "VISIBILITY-UPDATE",
    "STREAM_STARTED",
    "STREAM_STOPPED",
)
WRONG_EVENT = {"error": "one or more invalid event provided"}


async def test_a_webhook_is_created_listed_and_deleted(faces: Faces) -> None:
    async with faces.client() as web:
        assert (await web.get(PATH, headers=RIGHT)).json() == []
        body = {"url": URL, "events": ["CHAT", "NAME_CHANGED"]}
        made = await web.post(f"{PATH}/create", json=body, headers=RIGHT)
        assert made.status_code == 200
        shape = {**body, "id": 1, "lastUsed": None, "timestamp": made.json()["timestamp"]}
        assert made.json() == shape
        assert (await web.get(PATH, headers=RIGHT)).json() == [shape]
        gone = await web.post(f"{PATH}/delete", json={"id": 1}, headers=RIGHT)
        assert (gone.status_code, gone.json()) == (200, {"success": True, "message": "deleted webhook"})
        assert (await web.get(PATH, headers=RIGHT)).json() == []


async def test_a_secret_is_stored_and_not_given_back(faces: Faces) -> None:
    async with faces.client() as web:
        body = {"url": URL, "events": ["CHAT"], "secret": "a secret"}
        made = await web.post(f"{PATH}/create", json=body, headers=RIGHT)
        assert "secret" not in made.json()
        assert "secret" not in (await web.get(PATH, headers=RIGHT)).text
        assert faces.made.webhooks.webhooks.all()[0].secret == "a secret"
        unsigned = {"url": URL, "events": ["CHAT"], "secret": None}
        assert (await web.post(f"{PATH}/create", json=unsigned, headers=RIGHT)).status_code == 200


@pytest.mark.parametrize("event", [*CAPTURED, "PING", "PONG", "SYSTEM", "CHAT_ACTION", "FEDIVERSE_ENGAGEMENT_FOLLOW"])
async def test_all_names_of_its_documents_are_accepted(faces: Faces, event: str) -> None:
    async with faces.client() as web:
        answer = await web.post(f"{PATH}/create", json={"url": URL, "events": [event]}, headers=RIGHT)
        assert answer.json()["events"] == [event]


@pytest.mark.parametrize("events", [["NOTHING"], ["CHAT", ""], [], [1], [["CHAT"]], ["CHAT"] * 100])
async def test_other_events_are_refused_in_its_words(faces: Faces, events: object) -> None:
    async with faces.client() as web:
        answer = await web.post(f"{PATH}/create", json={"url": URL, "events": events}, headers=RIGHT)
        assert (answer.status_code, answer.json()) == (400, WRONG_EVENT)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"null", b"{", b"NaN", b'{"url": 1, "events": ["CHAT"]}', b'{"url": "https://bot.example/"}'),
        b'{"url": "https://bot.example/", "events": "CHAT"}',
        b'{"url": "https://bot.example/", "events": ["CHAT"], "secret": 5}',
        b'{"url": "https://bot.example/", "events": ["CHAT"], "secret": "whsec_x"}',
        b'{"url": "http://127.0.0.1/", "events": ["CHAT"]}',
        b'{"url": ' + b"[" * 100 + b"]" * 100 + b"}",
    ],
)
async def test_what_cannot_be_read_is_refused_with_a_reason(faces: Faces, body: bytes) -> None:
    async with faces.client() as web:
        answer = await web.post(f"{PATH}/create", content=body, headers=RIGHT)
        assert answer.status_code == 400
        assert isinstance(answer.json()["error"], str)
        assert faces.made.webhooks.webhooks.all() == ()


@pytest.mark.parametrize(("body", "status"), [({"id": 99}, 404), ({"id": "1"}, 400), ({}, 400), ({"id": 10**30}, 400)])
async def test_what_does_not_exist_cannot_be_deleted(faces: Faces, body: object, status: int) -> None:
    async with faces.client() as web:
        answer = await web.post(f"{PATH}/delete", json=body, headers=RIGHT)
        assert (answer.status_code, answer.json()["success"]) == (status, False)


async def test_a_large_body_is_too_large(faces: Faces) -> None:
    async with faces.client() as web:
        body = {"url": URL, "events": ["CHAT"], "more": "x" * 70_000}
        assert (await web.post(f"{PATH}/create", json=body, headers=RIGHT)).status_code == 413
