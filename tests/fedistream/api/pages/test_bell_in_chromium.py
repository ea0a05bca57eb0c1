"""The button for notifications in a real browser, and the service worker behind it.

Chromium has no push service here: its subscription is the test's, and the message is delivered by the protocol of its
developer tools.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.kit import browser
from tests.kit.browser import visit
from tests.kit.fake_chat import FakeChat
from tests.kit.push_service import Browser as Subscriber
from tests.kit.studio import Studio

pytestmark = [browser.NEEDED, pytest.mark.asyncio(loop_scope="session")]

ENDPOINT = "https://push.example/1"
# what a push service would do: give out one subscription for the key, and end it
SUBSCRIBED = """
(() => {
  const given = GIVEN;
  let options = null;
  const subscription = {
    endpoint: given.endpoint,
    toJSON: () => given,
    unsubscribe: async () => (options = null, true),
    get options() { return options; },
  };
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly) throw new Error("silent");
    const raw = atob(applicationServerKey.replaceAll("-", "+").replaceAll("_", "/"));
    options = { applicationServerKey: Uint8Array.from(raw, (each) => each.charCodeAt(0)).buffer };
    return subscription;
  };
  PushManager.prototype.getSubscription = async () => options && subscription;
})();
""".replace("GIVEN", Subscriber().subscription(ENDPOINT))


@pytest.fixture
def bell(studio: Studio) -> Studio:
    """A channel with notifications of browsers."""
    studio.settings.values["notifications.browser"] = {"enabled": True, "goLiveMessage": "Live"}
    studio.fake_chat = FakeChat()
    return studio


@contextlib.asynccontextmanager
async def allowed(
    chromium: Browser, url: str, *, script: str = SUBSCRIBED, told: list[tuple[str, Any]] | None = None
) -> AsyncIterator[Page]:
    """Yield the watch page in a browser that lets it show notifications. `told` gets what it tells the node."""

    async def answer(route: Route) -> None:
        path, _, query = route.request.url.removeprefix(url).partition("?")
        assert query.startswith("accessToken=")
        if told is not None:
            told.append((path, route.request.post_data_json))
        await route.fulfill(json={})

    async with visit(chromium, "about:blank") as (page, _):
        await page.route("**/api/notifications/*", answer)
        await page.context.grant_permissions(["notifications"], origin=url)
        await page.add_init_script(script)
        await page.goto(url)
        yield page


async def test_without_the_setting_there_is_no_button(studio: Studio, url: str, chromium: Browser) -> None:
    async with visit(chromium, url) as (page, _):
        await expect(page.locator(".bell")).to_have_count(0)


async def test_a_viewer_turns_notifications_on_and_off_by_the_keyboard(
    bell: Studio, url: str, chromium: Browser
) -> None:
    told: list[tuple[str, Any]] = []
    async with allowed(chromium, url, told=told) as page:
        button, note = page.get_by_role("button", name="Notify me"), page.locator("#bell-note")
        await expect(button).to_have_attribute("aria-pressed", "false")
        await expect(button).to_be_visible()
        await button.focus()
        await page.keyboard.press("Enter")
        await expect(button).to_have_attribute("aria-pressed", "true")
        await expect(note).to_have_text("This browser tells you when the stream starts.")
        ((path, body),) = told
        assert (path, body["channel"]) == ("/api/notifications/register", "BROWSER_PUSH_NOTIFICATION")
        assert json.loads(body["destination"])["endpoint"] == ENDPOINT
        assert await page.evaluate("Notification.permission") == "granted"
        await page.keyboard.press("Space")
        await expect(button).to_have_attribute("aria-pressed", "false")
        await expect(note).to_have_text("Notifications are off in this browser.")
        assert [path for path, _ in told] == ["/api/notifications/register", "/api/notifications/unregister"]


async def test_a_push_is_shown_and_leads_to_the_page(bell: Studio, url: str, chromium: Browser) -> None:
    async with allowed(chromium, url) as page:
        await page.get_by_role("button", name="Notify me").click()
        await expect(page.locator(".bell")).to_have_attribute("data-state", "on")
        message = {"title": "Quiet Waters", "body": "Live\nLocks", "tag": "live-1", "url": f"{url}/?x", "icon": "/logo"}
        shown = await pushed(page, url, json.dumps(message))
        assert shown == {
            "title": "Quiet Waters",
            "body": "Live\nLocks",
            "tag": "live-1",
            "url": f"{url}/?x",
            "icon": f"{url}/logo",
        }
        # what an older server sends, and what is no JSON: a push that shows nothing costs a site its permission
        older = await pushed(page, url, json.dumps({"title": "Old", "body": "Live"}))
        assert (older["title"], older["tag"], older["url"]) == ("Old", "live", "/")
        plain = await pushed(page, url, "plain text")
        assert plain["body"] == "plain text"


async def pushed(page: Page, url: str, data: str) -> dict[str, Any]:
    """Deliver a push message. Returns the notification that is shown for it, and closes it."""
    session = await page.context.new_cdp_session(page)
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def registered(event: dict[str, Any]) -> None:
        for each in event["registrations"]:
            if not found.done() and not each["isDeleted"]:
                found.set_result(each["registrationId"])

    session.on("ServiceWorker.workerRegistrationUpdated", registered)
    await session.send("ServiceWorker.enable")
    registration = await asyncio.wait_for(found, 20)
    await session.send(
        "ServiceWorker.deliverPushMessage", {"origin": url, "registrationId": registration, "data": data}
    )
    shown: dict[str, Any] = await page.evaluate(
        """async () => {
          const registration = await navigator.serviceWorker.ready;
          for (;;) {
            const [found] = await registration.getNotifications();
            if (found) {
              const { title, body, tag, icon, data } = found;
              found.close();
              return { title, body, tag, icon, url: data.url };
            }
            await new Promise((done) => setTimeout(done, 20));
          }
        }"""
    )
    await session.detach()
    return shown


@pytest.mark.parametrize(
    ("script", "state", "words"),
    [
        ("delete window.PushManager;", "unsupported", "This browser has no push notifications."),
        (
            "delete window.PushManager; Navigator.prototype.standalone = false;",
            "unsupported",
            "On an iPhone or iPad, add this page to the home screen first",
        ),
        (
            "Object.defineProperty(window, 'isSecureContext', { value: false });",
            "unsupported",
            "Browsers allow notifications only on pages with https.",
        ),
        (
            "Object.defineProperty(Notification, 'permission', { value: 'denied' });",
            "blocked",
            "Notifications of this site are blocked.",
        ),
        (
            SUBSCRIBED + "Notification.requestPermission = async () => 'default';",
            "off",
            "The browser was not allowed to show notifications.",
        ),
        (
            SUBSCRIBED + "PushManager.prototype.subscribe = async () => { throw new DOMException('no service'); };",
            "off",
            "That did not work. Try again.",
        ),
    ],
)
async def test_what_stands_in_the_way_is_said_after_a_click(
    bell: Studio, url: str, chromium: Browser, script: str, state: str, words: str
) -> None:
    script += "console.warn = () => {};"  # the reason is for developers
    told: list[tuple[str, Any]] = []
    async with allowed(chromium, url, script=script, told=told) as page:
        box, note = page.locator(".bell"), page.locator("#bell-note")
        await expect(box).to_have_attribute("data-state", state)
        await expect(note).to_have_text("")
        await page.get_by_role("button", name="Notify me").click()
        await expect(note).to_contain_text(words)
        await expect(box).to_have_attribute("data-state", state)
        assert told == []
