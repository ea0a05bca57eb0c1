"""Webhooks on the admin page in Chromium, on a whole node: created, tested, read in the log, sent again, disabled."""

from pathlib import Path

from playwright.async_api import expect

from tests.kit import browser
from tests.kit.browser import visit
from tests.kit.livenode import PASSWORD, live_node
from tests.kit.webhook_receiver import receiver

PHONE = {"width": 390, "height": 844}
CREDENTIALS = {"username": "admin", "password": PASSWORD}


@browser.NEEDED
async def test_an_admin_creates_a_webhook_and_sees_what_its_receiver_answers(tmp_path: Path) -> None:
    async with (
        receiver() as bot,
        live_node(tmp_path / "data", federation_allow="127.0.0.1") as node,
        browser.browser() as chromium,
        visit(chromium, f"{node.url}admin/webhooks", http_credentials=CREDENTIALS, viewport=PHONE) as (page, _),
    ):
        await page.get_by_label("URL").fill(bot.url())
        await page.get_by_label("Chat message").check()
        await page.get_by_role("button", name="Create webhook").click()
        await expect(page.get_by_text("Webhook created.")).to_be_visible()
        assert (await page.get_by_label("Secret").input_value()).startswith("whsec_")
        await page.get_by_role("button", name="Send test event").click()
        (sent,) = await bot.until("FEDISTREAM_TEST")
        assert sent.headers["webhook-signature"].startswith("v1,")
        await expect(page.get_by_text("Test event sent.")).to_be_visible()
        badge = page.locator(".rows .badge")
        while await badge.first.inner_text() != "delivered · 202":
            await page.reload()

        # the same event, which the receiver refuses now
        bot.status = 404
        await page.get_by_role("link", name="Test event").click()
        await expect(page.get_by_text(sent.headers["webhook-id"]).first).to_be_visible()
        await page.get_by_role("button", name="Send again").click()
        while await page.locator("h2 .badge").first.inner_text() != "refused":
            await page.reload()
        assert [each.headers["webhook-id"] for each in bot.received] == [sent.headers["webhook-id"]] * 2

        await page.get_by_role("link", name=bot.url()).click()
        await page.get_by_role("button", name="Disable").click()
        await expect(page.get_by_text("Webhook disabled.")).to_be_visible()
        page.on("dialog", lambda dialog: dialog.accept())
        await page.get_by_role("button", name="Delete").click()
        await expect(page.get_by_text("No webhooks yet.")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
