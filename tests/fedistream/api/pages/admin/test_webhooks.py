"""The pages of webhooks: created, edited, disabled, deleted; the log and one delivery."""

import re
from datetime import timedelta
from html import unescape

import pytest
from httpx2 import Response

from fedistream.webhooks.models import WebhookDeliveryRow
from fedistream.webhooks.values import Disabled
from tests.kit.adminpages import NASTY, Visitor, counts, said
from tests.kit.faces import Faces

PAGE = "/admin/webhooks"
URL = "https://bot.example/hook"


async def create(admin: Visitor, **fields: str) -> Response:
    return await admin.send(PAGE, **{"url": URL, "CHAT": "on", "STREAM_STARTED": "on", "secret": "", **fields})


def hook_id(page: Response) -> int:
    found = re.search(r"/admin/webhooks/(\d+)", str(page.url))
    assert found is not None
    return int(found[1])


async def deliver(faces: Faces, webhook_id: int, **more: object) -> int:
    """A delivery as a worker has left it."""
    at = faces.clock.now()
    row = WebhookDeliveryRow(
        **{
            "webhook_id": webhook_id,
            "event": "CHAT",
            "message_id": "msg_1",
            "body": '{"type":"CHAT","eventData":{"rawBody":"<script>alert(1)</script>"}}',
            "state": "refused",
            "attempts": 2,
            "created_at": at,
            "expires_at": at + timedelta(hours=1),
            "sent_at": at,
            "duration_ms": 123,
            "status": 404,
            "answer": NASTY,
            "headers": {"webhook-id": "msg_1", "webhook-timestamp": "1"},
            **more,
        }
    )
    await row.save()
    return int(row.id)


async def test_a_webhook_is_created_edited_disabled_and_deleted(faces: Faces, admin: Visitor) -> None:
    page = await create(admin)
    assert said(page) == "Webhook created. Send a test event to see whether it arrives."
    number = hook_id(page)
    (hook,) = faces.made.webhooks.webhooks.all()
    assert (hook.url, hook.events, hook.secret) == (URL, ("CHAT", "STREAM_STARTED"), "")
    edited = await admin.send(f"{PAGE}/{number}", url=f"{URL}2", USER_JOINED="on", secret="a secret")
    assert said(edited) == "Saved."
    (hook,) = faces.made.webhooks.webhooks.all()
    assert (hook.url, hook.events, hook.secret) == (f"{URL}2", ("USER_JOINED",), "a secret")
    assert 'value="a secret"' in edited.text
    for what, enabled in (("disable", False), ("enable", True)):
        page = await admin.send(PAGE, f"{PAGE}/change", id=str(number), do=what)
        assert said(page).startswith(f"Webhook {what}d")
        (hook,) = faces.made.webhooks.webhooks.all()
        assert hook.enabled is enabled
    assert said(await admin.send(PAGE, f"{PAGE}/change", id=str(number), do="test")).startswith("Test event sent")
    assert said(await admin.send(PAGE, f"{PAGE}/change", id=str(number), do="delete")) == "Webhook and its log deleted."
    assert faces.made.webhooks.webhooks.all() == ()
    assert await WebhookDeliveryRow.all().count() == 0
    assert said(await admin.send(PAGE, f"{PAGE}/change", id=str(number), do="test")) == "It no longer exists."


async def test_a_new_webhook_is_offered_a_secret(admin: Visitor) -> None:
    assert re.search(r'name="secret"[^>]* value="whsec_[A-Za-z0-9+/=]{32}"', await admin.see(PAGE))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"CHAT": "", "STREAM_STARTED": ""}, "events"),
        ({"url": "ftp://bot.example/"}, "url"),
        ({"url": "http://127.0.0.1:8000/"}, "url"),
        ({"url": ""}, "url"),
        ({"secret": "whsec_short"}, "secret"),
    ],
)
async def test_an_error_is_shown_beside_its_field(
    faces: Faces, admin: Visitor, fields: dict[str, str], field: str
) -> None:
    page = await create(admin, **fields)
    assert page.status_code == 422
    assert f'id="error-{field}"' in page.text
    assert ('id="event-CHAT" name="CHAT" type="checkbox" value="on" checked' in page.text) == (field != "events")
    assert faces.made.webhooks.webhooks.all() == ()


async def test_a_private_address_is_refused_with_what_to_do(admin: Visitor) -> None:
    page = await create(admin, url="http://127.0.0.1:8000/")
    assert "--federation-allow 127.0.0.1:8000" in unescape(page.text)


async def test_the_log_is_searched_and_a_delivery_is_shown_and_sent_again(faces: Faces, admin: Visitor) -> None:
    number = hook_id(await create(admin))
    one = await deliver(faces, number)
    await deliver(faces, number, state="delivered", event="STREAM_STARTED", message_id="msg_2", status=200)
    log = await admin.see(f"{PAGE}/log?webhook={number}&state=refused")
    assert re.findall(r"/admin/webhooks/log/(\d+)", log) == [str(one)]
    assert len(re.findall(r"/admin/webhooks/log/\d+", await admin.see(f"{PAGE}/log"))) == 2
    assert len(re.findall(r"/admin/webhooks/log/\d+", await admin.see(f"{PAGE}/log?search=msg_2"))) == 1
    assert "No deliveries here." in await admin.see(f"{PAGE}/log?search=nothing")
    page = await admin.see(f"{PAGE}/log/{one}")
    assert "webhook-timestamp: 1" in page
    assert NASTY in unescape(page)
    again = await admin.send(f"{PAGE}/log/{one}", f"{PAGE}/log/resend", id=str(one))
    assert said(again) == "Sending again. Reload the page to see the answer."
    newest = await WebhookDeliveryRow.all().order_by("-id").first()
    assert newest is not None
    assert (newest.state, newest.message_id, newest.once) == ("sending", "msg_1", None)
    waits = await admin.send(f"{PAGE}/log/{one}", f"{PAGE}/log/resend", id=str(newest.id))
    assert said(waits) == "This delivery is still waiting to be sent."


async def test_a_webhook_that_the_node_has_disabled_is_counted_in_the_navigation(faces: Faces, admin: Visitor) -> None:
    number = hook_id(await create(admin))
    await faces.made.webhooks.webhooks.disable(number)
    assert PAGE not in counts(await admin.see(PAGE))
    await faces.made.webhooks.webhooks.disable(number, Disabled.GONE)
    page = await admin.see(PAGE)
    assert counts(page)[PAGE] == 1
    assert "disabled: the receiver is gone" in page


@pytest.mark.parametrize("path", [f"{PAGE}/x", f"{PAGE}/99", f"{PAGE}/{10**30}", f"{PAGE}/log/99", f"{PAGE}/log/0"])
async def test_what_does_not_exist_is_not_found(admin: Visitor, path: str) -> None:
    assert (await admin.web.get(path)).status_code == 404
