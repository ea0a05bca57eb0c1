"""The page of notifications: tests, the number of browsers, and what was sent last."""

from datetime import UTC, datetime

from fedistream.jobs.models import OutboxRow
from fedistream.notifications.models import NotificationRow
from tests.kit.adminpages import NASTY, Visitor, said
from tests.kit.faces import Faces
from tests.kit.push_service import Browser

PAGE = "/admin/config/notifications"
TEST = f"{PAGE}/test"
ENDPOINT = "https://push.example/1"


async def test_discord_is_tested_once_there_is_a_webhook(faces: Faces, admin: Visitor) -> None:
    assert said(await admin.send(PAGE, TEST, way="discord")) == "There is no Discord webhook yet: save one first."
    secret = "https://discord.example/api/webhooks/1/hush"
    await admin.send(PAGE, **{"notifications.discord:webhook": secret, "notifications.discord:enabled": "on"})
    assert said(await admin.send(PAGE, TEST, way="discord")).startswith("Test sent.")
    (job,) = await OutboxRow.filter(kind="discord")
    assert "hush" not in f"{job.target}{job.body}"
    page = await admin.see(PAGE)
    assert "being sent" in page
    assert "hush" not in page


async def test_the_test_of_push_goes_to_the_admins_browser(faces: Faces, admin: Visitor) -> None:
    home = faces.channels.home().id
    await faces.settings.change("notifications.browser", {"enabled": True, "goLiveMessage": "Live"}, home)
    for endpoint in ("", ENDPOINT, NASTY):
        assert said(await admin.send(PAGE, TEST, way="browser", endpoint=endpoint)).startswith("This browser gets no")
    browsers = faces.made.notifications.subscriptions
    await browsers.register(home, Browser().subscription(ENDPOINT), "ann", "192.0.2.1")
    assert "1 browser gets notifications." in await admin.see(PAGE)
    assert said(await admin.send(PAGE, TEST, way="browser", endpoint=ENDPOINT)).startswith("Test sent.")
    (job,) = await OutboxRow.filter(kind="push")
    assert job.target == ENDPOINT


async def test_what_was_sent_is_listed_with_the_reason_where_it_was_not(faces: Faces, admin: Visitor) -> None:
    now, home = datetime.now(UTC), faces.channels.home().id
    assert "None yet." in await admin.see(PAGE)
    for number, (way, state, why) in enumerate(
        (
            ("browser", "planned", ""),
            ("browser", "skipped", "too-recent"),
            ("discord", "failed", f"status 404 {NASTY}"),
            ("discord", "closed", ""),
            ("browser", "sent", ""),
            ("discord", "sent", "status 503"),
        )
    ):
        await NotificationRow.create(
            broadcast_id=number, channel_id=home, way=way, state=state, why=why, due=now, recipients=number
        )
    page = await admin.see(PAGE)
    for words in (
        "planned",
        "not sent: the last one is too recent",
        "failed: ",
        "posted",
        "sent to 4 browsers",
        "tried again: ",
    ):
        assert words in page
    assert "<script>alert" not in page
