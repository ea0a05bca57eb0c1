"""Registration of browsers over HTTP, as Owncast's clients do it, and the service worker's file."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx2 import AsyncClient

from tests.kit.faces import Faces, open_faces
from tests.kit.push_service import Browser, unb64

CHANNEL = "BROWSER_PUSH_NOTIFICATION"
ENDPOINT = "https://push.example/1"


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with open_faces(tmp_path) as opened:
        yield opened


@pytest.fixture
async def http(faces: Faces) -> AsyncIterator[AsyncClient]:
    async with faces.client() as client:
        yield client


async def enabled(faces: Faces) -> int:
    home = faces.channels.home().id
    await faces.settings.change("notifications.browser", {"enabled": True, "goLiveMessage": "Live"}, home)
    return home


async def test_a_browser_registers_and_unregisters_with_its_token(faces: Faces, http: AsyncClient) -> None:
    home = await enabled(faces)
    _, token = await faces.visitor("Ann")
    body = {"channel": CHANNEL, "destination": Browser().subscription(ENDPOINT)}
    browsers = faces.made.notifications.subscriptions
    for call, count in (("register", 1), ("register", 1), ("unregister", 0), ("unregister", 0)):
        path = f"/api/notifications/{call}"
        assert (await http.post(path, json=body)).status_code == 401
        assert (await http.post(path, params={"accessToken": "wrong"}, json=body)).status_code == 401
        answer = await http.post(path, params={"accessToken": token}, json=body)
        assert (answer.status_code, answer.text) == (200, "")
        assert await browsers.count(home) == count


async def test_the_public_key_is_told_while_notifications_are_on(faces: Faces, http: AsyncClient) -> None:
    assert (await http.get("/api/config")).json()["notifications"] == {"browser": {"enabled": False}}
    await enabled(faces)
    told = (await http.get("/api/config")).json()["notifications"]["browser"]
    assert (told["enabled"], len(unb64(told["publicKey"]))) == (True, 65)
    assert (await http.get("/api/config")).json()["notifications"]["browser"] == told


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"channel": "EMAIL", "destination": "x"}, f"channel must be {CHANNEL}"),
        ({"channel": CHANNEL}, "destination is missing"),
        ({"channel": CHANNEL, "destination": {}}, "destination must be a string"),
        ({"channel": CHANNEL, "destination": "{}"}, "destination must be a push subscription as JSON text"),
        (
            {"channel": CHANNEL, "destination": Browser().subscription("https://10.0.0.1/x")},
            "destination must have the address of a push service: it must be https, and public",
        ),
        (
            {"channel": CHANNEL, "destination": json.dumps({"endpoint": ENDPOINT, "keys": {"auth": "", "p256dh": ""}})},
            "destination must have the keys p256dh and auth of a browser",
        ),
    ],
)
async def test_a_wrong_body_gets_its_sentence(
    faces: Faces, http: AsyncClient, body: dict[str, object], sentence: str
) -> None:
    await enabled(faces)
    _, token = await faces.visitor("Ann")
    answer = await http.post("/api/notifications/register", params={"accessToken": token}, json=body)
    assert (answer.status_code, answer.json()) == (400, {"error": sentence})


async def test_while_they_are_off_nothing_is_registered(faces: Faces, http: AsyncClient) -> None:
    _, token = await faces.visitor("Ann")
    body = {"channel": CHANNEL, "destination": Browser().subscription(ENDPOINT)}
    answer = await http.post("/api/notifications/register", params={"accessToken": token}, json=body)
    assert (answer.status_code, answer.json()) == (400, {"error": "notifications of browsers are off"})


async def test_the_service_worker_is_at_the_root_and_never_from_a_cache(faces: Faces, http: AsyncClient) -> None:
    answer = await http.get("/serviceWorker.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-security-policy"] == "default-src 'none'"
    assert "notificationclick" in answer.text
