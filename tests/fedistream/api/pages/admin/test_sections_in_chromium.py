"""The admin's sections in a real browser: fit for all in both schemes, on a desk and on a phone, with odd guests."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from fedistream.api.http.permissions import Permission
from fedistream.api.pages.admin.routes import ENDPOINTS
from fedistream.chat.moderation import ADMIN
from fedistream.federation.values import FeaturedState, Kind, State
from fedistream.jobs.circuit_breaker import DAY_S, DAYS
from fedistream.jobs.job import Dead, NewJob, Retry
from fedistream.jobs.outbox import Settled, Wanted
from tests.fedistream.api.pages.test_fitness_in_chromium import PHONE, faults
from tests.kit import browser
from tests.kit.adminpages import NASTY, say
from tests.kit.browser import visit
from tests.kit.faces import PASSWORD, Faces, open_faces
from tests.kit.following import broadcast, engagement, featured, follower, held_reply, quote, report
from tests.kit.pictures import PIXEL
from tests.kit.webserver import serving

pytestmark = [browser.NEEDED, pytest.mark.asyncio(loop_scope="session")]

CREDENTIALS = {"username": "admin", "password": PASSWORD}
PARTS = {"/admin/live"}  # which are no pages of their own
OPEN = [
    entry.path
    for entry in ENDPOINTS
    if (entry.auth, entry.method) == (Permission.ADMIN, "GET") and entry.path not in PARTS
]
PAGES = [path for path in OPEN if "{" not in path]
LONG = "Donaudampfschifffahrtsgesellschaftskapitän" * 3


@pytest_asyncio.fixture(loop_scope="session")
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with open_faces(tmp_path) as opened:
        await opened.settings.change("node.public_url", "https://node.example")
        await opened.settings.change("federation.enabled", True)
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def node(faces: Faces) -> AsyncIterator[str]:
    async with serving(faces.app()) as port:
        yield f"http://127.0.0.1:{port}"


async def fediverse(faces: Faces) -> None:
    """Followers of every kind, posts, and servers in trouble."""
    for number, state in enumerate(State):
        await follower(f"long{number}", state, host=f"{'deep.' * 20}example", name=LONG)
        await follower(f"evil{number}", state, name=NASTY)
        await follower(f"ann{number}", state, name="Ann of elsewhere")
        await follower(f"list{number}", state, name=NASTY + LONG, directory=True)
    for each in FeaturedState:
        await featured(each, name=NASTY + LONG, title=LONG, online=True, status_at=faces.clock.now())
        await featured(each, f"{'deep.' * 20}example", name="Far")
    for kind in Kind:
        await engagement("ann0", kind)
    await faces.federation.posts.publish(
        faces.channels.home(), f"Soon: {LONG} #boats\n\n> **quoted**\n\n    code {LONG}"
    )
    for _ in range(DAYS + 1):
        target = f"https://{'gone.' * 20}example/inbox"
        await faces.outbox.put([NewJob("activity", {}, target) for _ in range(2)])
        jobs = await faces.outbox.lease("w", Wanted(100, ("activity",), share=100))
        await faces.outbox.settle("w", [Settled(job, Retry(1, f"refused {NASTY}")) for job in jobs[1:]])
        await faces.outbox.settle("w", [Settled(job, Dead(f"status 404 {LONG}")) for job in jobs[:1]])
        faces.clock.advance(DAY_S)


async def chat(faces: Faces) -> None:
    """People of every kind, what they said, bans, emoji, tokens, and a log."""
    moderation = faces.chat.moderation
    evil, _ = await faces.visitor(NASTY[:30])
    long, _ = await faces.visitor(LONG[:30], moderator=True)
    gone, _ = await faces.visitor("Gone")
    await say(faces, evil, f"{NASTY} {LONG}", "**hello** :boat:", "<img src=x onerror=alert(1)>")
    first = await say(faces, long, "one", "two")
    await moderation.set_visible(first, False, ADMIN, why=NASTY)
    await moderation.set_enabled(gone.id, False, long.id, why=LONG * 3)
    await moderation.ban("2001:db8::/64", why=NASTY)
    await faces.chat.emoji.put("boat", PIXEL)
    await faces.chat.emoji.put("x" * 64, PIXEL)
    await faces.access_tokens.make(NASTY.replace("\u202e", ""), ["CAN_SEND_MESSAGES", "HAS_ADMIN_ACCESS"])


async def replies(faces: Faces) -> None:
    """Replies that are held, reports, quotes, and notices in several states."""
    await held_reply("writer", f"<p>Hello {LONG}</p>", name=LONG, warning=NASTY)
    await report(f"{NASTY} {LONG}", f"https://node.example/{'deep/' * 40}")
    post = await faces.federation.posts.publish(faces.channels.home(), "quote me")
    await quote(post.id, f"https://remote.example/{'deep/' * 40}")
    await faces.notices.cancel(1, (await broadcast(faces, LONG)).id)
    await faces.notices.post_now(1, (await broadcast(faces, NASTY.replace("\u202e", ""))).id)
    await broadcast(faces)


POPULATE: tuple[Callable[[Faces], Awaitable[None]], ...] = (fediverse, chat, replies)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, PHONE], ids=["desk", "phone"])
async def test_every_page_is_fit_for_all(
    faces: Faces, node: str, chromium: Browser, scheme: str, size: dict[str, int]
) -> None:
    for populate in POPULATE:
        await populate(faces)
    context = {"http_credentials": CREDENTIALS, "color_scheme": scheme, "viewport": size}
    async with visit(chromium, f"{node}/admin/", **context) as (page, witness):
        for path in PAGES:
            await page.goto(node + path)
            assert await faults(page) == [], path
            assert await page.evaluate("document.documentElement.scrollWidth") == size["width"], path
            await expect(page.locator('.admin-nav a[aria-current="page"]')).to_have_count(
                2 if path.endswith("/") and path != "/admin/" else 1
            )
        assert witness.hosts == {node.removeprefix("http://")}


async def test_a_follower_is_let_in_and_blocked_after_a_question(faces: Faces, node: str, chromium: Browser) -> None:
    ann = await follower("ann", State.PENDING, name="Ann")
    async with visit(chromium, f"{node}/admin/", http_credentials=CREDENTIALS) as (page, _):
        await page.get_by_role("link", name="Federation waiting: 1").click()
        await page.get_by_role("link", name="Followers waiting: 1").click()
        await page.get_by_role("button", name="Accept ann@remote.example").click()
        await expect(page.get_by_role("status").get_by_text("Request accepted.")).to_be_visible()
        await page.get_by_role("link", name="Followers 1", exact=True).click()
        await page.wait_for_url("**state=accepted")  # with its modules, which are what asks
        page.once("dialog", lambda dialog: dialog.dismiss())
        await page.get_by_role("button", name="Block ann@remote.example").click()
        assert await faces.federation.followers.number(1, State.ACCEPTED) == 1
        page.once("dialog", lambda dialog: dialog.accept())
        await page.get_by_role("button", name="Block ann@remote.example").click()
        await expect(page.get_by_role("status").get_by_text("Account blocked.")).to_be_visible()
    assert await faces.federation.followers.blocked_actors() == [ann]


async def test_the_pages_work_without_scripts(faces: Faces, node: str, chromium: Browser) -> None:
    context = {"http_credentials": CREDENTIALS, "java_script_enabled": False}
    async with visit(chromium, f"{node}/admin/federation/rules", **context) as (page, _):
        await page.get_by_label("Approve every follower myself").check()
        await page.get_by_label("Approve bots myself").check()
        await page.get_by_label("Blocked servers", exact=True).fill("bad.example")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Saved.")).to_be_visible()
        await expect(page.get_by_label("Approve every follower myself")).to_be_checked()
        await page.get_by_label("Approve bots myself").uncheck()
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_label("Approve bots myself")).not_to_be_checked()
        await page.goto(f"{node}/admin/federation/posts")
        await page.get_by_label("Text").fill("**Hello**")
        await page.get_by_role("button", name="Preview").click()
        await expect(page.locator(".preview strong")).to_have_text("Hello")
        await page.get_by_role("button", name="Post", exact=True).click()
        await expect(page.get_by_text("Post sent to your followers.")).to_be_visible()
    assert faces.settings.value("federation.blocked_domains") == ["bad.example"]


async def test_a_person_of_the_chat_is_looked_at_and_removed_with_a_reason(
    faces: Faces, node: str, chromium: Browser
) -> None:
    bob, _ = await faces.visitor("Bob")
    await say(faces, bob, "buy cheap boats")
    async with visit(chromium, f"{node}/admin/chat/messages", http_credentials=CREDENTIALS) as (page, _):
        await page.get_by_role("button", name="Hide message from Bob").click()
        await expect(page.get_by_text("Message hidden for everybody.")).to_be_visible()
        await page.get_by_role("link", name="Bob").click()
        await page.wait_for_url("**/visitors/*")
        assert await faults(page) == []
        await page.get_by_text("Ban: Bob").click()
        await page.get_by_label("Reason (for the moderation log)").fill("sells boats")
        assert await faults(page) == []
        await page.get_by_role("button", name="Ban from chat").click()
        await expect(page.get_by_text("User banned. All their messages are hidden.")).to_be_visible()
        await page.get_by_role("link", name="Moderation log").click()
        await expect(page.get_by_text("sells boats")).to_be_visible()
    assert not (await faces.chat.visitors.get(bob.id)).enabled


async def test_an_emoji_is_seen_before_it_is_added_and_deleted_after_a_question(
    faces: Faces, node: str, chromium: Browser, tmp_path: Path
) -> None:
    (tmp_path / "boat.png").write_bytes(PIXEL)
    async with visit(chromium, f"{node}/admin/chat/emoji", http_credentials=CREDENTIALS) as (page, _):
        await expect(page.get_by_role("img", name="Preview")).to_be_hidden()
        await page.get_by_label("Picture").set_input_files(tmp_path / "boat.png")
        await expect(page.get_by_role("img", name="Preview")).to_be_visible()
        await page.get_by_role("button", name="Add").click()
        await page.wait_for_url("**done=emoji-added")
        await expect(page.get_by_text(":boat:")).to_be_visible()
        page.once("dialog", lambda dialog: dialog.accept())
        await page.get_by_role("button", name="Delete boat").click()
        await expect(page.get_by_text("Emoji deleted.")).to_be_visible()
    assert faces.chat.emoji.own() == ()


async def test_a_token_is_shown_once_and_copied(faces: Faces, node: str, chromium: Browser) -> None:
    rights = ["clipboard-read", "clipboard-write"]
    context = {"http_credentials": CREDENTIALS, "permissions": rights}
    async with visit(chromium, f"{node}/admin/chat/tokens", **context) as (page, _):
        await page.get_by_label("Name", exact=True).fill("Robot")
        await page.get_by_label("Send chat messages under its own name").check()
        await page.get_by_role("button", name="Create token").click()
        await page.get_by_role("button", name="Copy token").click()
        await expect(page.get_by_text("Copied.")).to_be_visible()
        assert await faults(page) == []
        token = await page.evaluate("navigator.clipboard.readText()")
        found = await faces.access_tokens.by_token(token)
        assert found is not None
        await page.goto(f"{node}/admin/chat/tokens")
        assert token not in await page.content()


async def test_a_held_reply_is_answered_and_let_in(faces: Faces, node: str, chromium: Browser) -> None:
    await held_reply("ann", "<p>Which boat is it?</p>")
    async with visit(chromium, f"{node}/admin/federation/", http_credentials=CREDENTIALS) as (page, witness):
        witness.expected = ("422",)
        await page.get_by_role("link", name="Replies waiting: 1").click()
        await page.get_by_text("Reply ann@remote.example").click()
        assert await faults(page) == []
        await page.get_by_role("button", name="Send reply").click()
        await expect(page.get_by_label("Your public reply")).to_have_accessible_description(
            "must have 1 to 1000 characters"
        )
        await page.get_by_label("Your public reply").fill("The *old* one.")
        await page.get_by_role("button", name="Send reply").click()
        await expect(page.get_by_text("Reply sent.")).to_be_visible()
        await page.get_by_role("button", name="Approve ann@remote.example").click()
        await expect(page.get_by_text("Reply approved. It is shown in the chat.")).to_be_visible()
    assert (await faces.federation.replies.held(1)).total == 0
