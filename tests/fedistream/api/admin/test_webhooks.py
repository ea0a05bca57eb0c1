"""Our own calls for webhooks: edit, enable, test, and the log of deliveries."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from httpx2 import AsyncClient

from fedistream.webhooks.models import WebhookDeliveryRow
from fedistream.webhooks.values import ACCEPTED, Disabled
from tests.kit.faces import RIGHT, Faces

PATH = "/api/admin/webhooks"
URL = "https://bot.example/hook"


@pytest.fixture
async def web(faces: Faces) -> AsyncIterator[AsyncClient]:
    async with faces.client() as made:
        made.headers.update(RIGHT)
        yield made


async def post(web: AsyncClient, path: str, status: int = 200, **body: object) -> Any:
    answer = await web.post(f"{PATH}/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def create(web: AsyncClient) -> int:
    return int((await post(web, "create", url=URL, events=["CHAT"]))["id"])


async def deliver(faces: Faces, webhook_id: int, **more: object) -> int:
    at = faces.clock.now()
    values: dict[str, object] = {
        "webhook_id": webhook_id,
        "event": "CHAT",
        "message_id": "msg_1",
        "body": '{"type":"CHAT","eventData":{"rawBody":"hello"}}',
        "state": "delivered",
        "created_at": at,
        "expires_at": at + timedelta(hours=1),
        **more,
    }
    row = WebhookDeliveryRow(**values)
    await row.save()
    return int(row.id)


async def test_the_accepted_events_are_listed(web: AsyncClient) -> None:
    found = {each["name"]: each for each in (await web.get(f"{PATH}/events")).json()}
    assert found.keys() == ACCEPTED
    assert found["PING"] == {"name": "PING", "offered": False, "expiresAfter": None}
    assert found["NAME_CHANGED"] == {"name": "NAME_CHANGED", "offered": True, "expiresAfter": 3600}


async def test_what_is_given_is_changed_and_the_rest_stays(faces: Faces, web: AsyncClient) -> None:
    number = await create(web)
    changed = await post(web, "edit", id=number, secret="a secret")
    assert changed["success"] is True
    assert changed["webhook"] == {
        "id": number,
        "url": URL,
        "events": ["CHAT"],
        "lastUsed": None,
        "signed": True,
        "enabled": True,
        "disabledReason": "",
        "failingSince": None,
        "timestamp": changed["webhook"]["timestamp"],
    }
    changed = await post(web, "edit", id=number, url=f"{URL}2", events=["USER_JOINED"])
    assert (changed["webhook"]["url"], changed["webhook"]["events"]) == (f"{URL}2", ["USER_JOINED"])
    assert faces.made.webhooks.webhooks.all()[0].secret == "a secret"
    wrong: list[dict[str, object]] = [{"url": 1}, {"url": "x"}, {"events": ["NO"]}, {"events": {}}, {"secret": None}]
    for body in wrong:
        assert (await post(web, "edit", 400, id=number, **body))["success"] is False
    await post(web, "edit", 404, id=99, url=URL)
    await post(web, "edit", 400, url=URL)


async def test_a_webhook_is_disabled_and_enabled(faces: Faces, web: AsyncClient) -> None:
    number = await create(web)
    assert (await post(web, "setenabled", id=number, enabled=False))["webhook"]["disabledReason"] == "admin"
    await faces.made.webhooks.webhooks.disable(number, Disabled.FAILING)
    await faces.made.webhooks.webhooks.set_failing(number, faces.clock.now())
    enabled = (await post(web, "setenabled", id=number, enabled=True))["webhook"]
    assert (enabled["enabled"], enabled["disabledReason"], enabled["failingSince"]) == (True, "", None)
    await post(web, "setenabled", 400, id=number, enabled="yes")
    await post(web, "setenabled", 404, id=99, enabled=True)


async def test_the_test_event_is_stored_to_be_sent(web: AsyncClient) -> None:
    number = await create(web)
    sent = (await post(web, "test", id=number))["delivery"]
    assert (sent["webhookId"], sent["event"], sent["state"], sent["attempts"]) == (
        number,
        "FEDISTREAM_TEST",
        "sending",
        0,
    )
    whole = (await web.get(f"{PATH}/deliveries/{sent['id']}")).json()
    assert whole["body"]["type"] == "FEDISTREAM_TEST"
    assert whole["body"]["eventData"]["status"]["online"] is False
    await post(web, "test", 404, id=99)


async def test_the_log_is_searched_in_pages_the_newest_first(faces: Faces, web: AsyncClient) -> None:
    number = await create(web)
    ids = [await deliver(faces, number, message_id=f"msg_{each}") for each in range(3)]
    other = await deliver(
        faces, 77, event="USER_JOINED", state="failed", message_id="msg_9", error="Timeout", body='{"x": 1}'
    )

    async def found(query: str) -> tuple[int, list[int]]:
        answer = await web.get(f"{PATH}/deliveries?{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()["total"], [each["id"] for each in answer.json()["results"]]

    assert await found("") == (4, [other, *reversed(ids)])
    assert await found("limit=2&offset=1") == (4, [ids[2], ids[1]])
    assert await found(f"webhook={number}") == (3, list(reversed(ids)))
    assert await found("state=failed") == (1, [other])
    assert await found("event=USER_JOINED") == (1, [other])
    assert await found("search=msg_1") == (1, [ids[1]])
    assert await found("search=TIMEOUT") == (1, [other])
    assert await found("search=%25") == (0, [])
    for query in ("state=x", "event=PING", "webhook=x", "limit=x", "offset=-1", f"search={'x' * 201}"):
        answer = await web.get(f"{PATH}/deliveries?{query}")
        assert (answer.status_code, answer.json()["success"]) == (400, False)


async def test_a_delivery_is_shown_whole_and_sent_again(faces: Faces, web: AsyncClient) -> None:
    number = await create(web)
    headers = {"webhook-id": "msg_1"}
    one = await deliver(faces, number, headers=headers, answer="<b>no</b>", status=404, state="refused")
    whole = (await web.get(f"{PATH}/deliveries/{one}")).json()
    assert (whole["headers"], whole["answer"], whole["status"]) == (headers, "<b>no</b>", 404)
    again = (await post(web, "deliveries/resend", id=one))["delivery"]
    assert (again["id"], again["messageId"], again["state"]) == (one + 1, "msg_1", "sending")
    await post(web, "deliveries/resend", 400, id=again["id"])
    await post(web, "deliveries/resend", 404, id=99)
    for path in ("99", "x", str(10**30)):
        assert (await web.get(f"{PATH}/deliveries/{path}")).status_code == 404
    gone = await deliver(faces, 77)
    await post(web, "deliveries/resend", 404, id=gone)
