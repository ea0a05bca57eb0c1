"""Follows, likes and boosts from the fediverse in the chat's log; day separators; right-to-left text."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.kit import browser
from tests.kit.fake_chat import Event, FakeChat

pytestmark = [browser.NEEDED, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture
def context() -> dict[str, Any]:
    return {"locale": "en-GB", "timezone_id": "UTC"}


def engaged(room: FakeChat, kind: str, name: str, **more: object) -> Event:
    link = f"https://social.example/@{name}"
    body = f"<p>{name} did it.</p>"
    return room.event(f"FEDIVERSE_ENGAGEMENT_{kind}", title=name, body=body, image="", link=link, **more)


def moved(told: Event, back: timedelta) -> Event:
    at = datetime.now(UTC) - back
    return {**told, "timestamp": at.isoformat()}


async def said(page: Page) -> list[str]:
    """The engagement lines as they read, without what stands for a face."""
    script = """all => all.map(line => {
        const copy = line.cloneNode(true);
        copy.querySelectorAll('.avatar').forEach(face => face.remove());
        return copy.textContent.trim();
    })"""
    found: list[str] = await page.locator(".engagement").evaluate_all(script)
    return found


async def test_one_engagement_is_one_line_that_says_the_name_once(page: Page, room: FakeChat) -> None:
    await room.broadcast(engaged(room, "FOLLOW", "ann"))
    await expect(page.locator(".engagement .icon")).to_be_visible()
    assert await said(page) == ["ann followed"]
    link = page.locator(".engagement a")
    assert await link.get_attribute("href") == "https://social.example/@ann"
    assert await link.get_attribute("tabindex") == "-1"


async def test_a_burst_is_gathered_in_one_line(page: Page, room: FakeChat) -> None:
    await room.broadcast(*(engaged(room, "LIKE", f"fan{n}") for n in range(5)))
    await expect(page.locator(".engagement")).to_contain_text("2 others")
    await room.broadcast(*(engaged(room, "LIKE", f"fan{n}") for n in range(5, 9)))
    await expect(page.locator(".engagement")).to_contain_text("6 others")
    assert [line.replace(",", "") for line in await said(page)] == ["fan0 fan1 fan2 and 6 others liked a post"]


async def test_repeated_likes_name_an_account_once_and_other_kinds_begin_another_line(
    page: Page, room: FakeChat
) -> None:
    await room.broadcast(
        engaged(room, "LIKE", "ann"),
        engaged(room, "LIKE", "ann"),
        engaged(room, "LIKE", "bo"),
        engaged(room, "LIKE", "bo", reaction="\N{PARTY POPPER}"),
        engaged(room, "REPOST", "bo"),
        room.event("CHAT", body="<p>thanks</p>", user=room.user("Cy")),
        engaged(room, "REPOST", "ann"),
    )
    await expect(page.locator(".engagement")).to_have_count(4)
    assert await said(page) == [
        "ann and bo liked a post",
        "bo reacted with \N{PARTY POPPER}",
        "bo boosted a post",
        "ann boosted a post",
    ]


async def test_a_custom_emoji_is_a_picture_of_this_node_or_its_name(page: Page, room: FakeChat) -> None:
    reacted = {"reaction": ":blob:", "reactionPicture": "/logo"}
    await room.broadcast(
        engaged(room, "LIKE", "ann", **reacted),
        engaged(room, "REPOST", "ann"),
        engaged(room, "LIKE", "bo", **{**reacted, "reactionPicture": "https://elsewhere.example/blob.png"}),
    )
    await expect(page.locator(".engagement")).to_have_count(3)
    assert [await each.get_attribute("alt") for each in await page.locator("img.reaction").all()] == [":blob:"]
    assert (await said(page))[-1] == "bo reacted with :blob:"


async def test_what_lies_apart_in_time_is_not_gathered(page: Page, room: FakeChat) -> None:
    early = moved(engaged(room, "FOLLOW", "ann"), timedelta(minutes=10))
    await room.broadcast(early, engaged(room, "FOLLOW", "bo"))
    await expect(page.locator(".engagement")).to_have_count(2)


async def test_hidden_likes_leave_a_gathered_line_and_the_last_one_removes_it(page: Page, room: FakeChat) -> None:
    ann, bo = engaged(room, "LIKE", "ann"), engaged(room, "LIKE", "bo")
    await room.broadcast(ann, bo)
    await expect(page.locator(".engagement")).to_contain_text("bo")
    await room.broadcast(room.event("VISIBILITY-UPDATE", ids=[ann["id"]], visible=False))
    await expect(page.locator(".engagement")).not_to_contain_text("ann")
    assert await said(page) == ["bo liked a post"]
    await room.broadcast(room.event("VISIBILITY-UPDATE", ids=[bo["id"]], visible=False))
    await expect(page.locator(".line")).to_be_hidden()
    await room.broadcast(engaged(room, "LIKE", "cy"))
    await expect(page.locator(".line")).to_be_visible()
    assert await said(page) == ["cy liked a post"]


@pytest.mark.parametrize("who", [0, 1])
async def test_a_deleted_actor_takes_nobody_else_out_of_a_gathered_line(page: Page, room: FakeChat, who: int) -> None:
    fans = [engaged(room, "LIKE", name) for name in ("ann", "bo", "cy")]
    await room.broadcast(*fans)
    await expect(page.locator(".engagement")).to_contain_text("cy")
    # as for an actor who was deleted: hidden, and then told without a name
    wiped = {**fans[who], "title": "", "link": "", "body": "<p>\u2026</p>", "hiddenAt": fans[who]["timestamp"]}
    await room.broadcast(
        room.event("VISIBILITY-UPDATE", ids=[fans[who]["id"]], visible=False),
        room.event("MESSAGE-UPDATE", message=wiped),
        engaged(room, "LIKE", "di"),
    )
    await expect(page.locator(".engagement")).to_contain_text("di")
    left = "bo" if who == 0 else "ann"
    assert [line.replace(",", "") for line in await said(page)] == [f"{left} cy and di liked a post"]


async def test_a_page_of_likes_does_not_push_the_talk_out_of_the_log(page: Page, room: FakeChat) -> None:
    await room.say(room.user("Ann"), "<p>stay</p>")
    for begin in range(0, 1_000, 250):
        await room.broadcast(*(engaged(room, "LIKE", f"fan{n}") for n in range(begin, begin + 250)))
    await room.say(room.user("Bo"), "<p>as well</p>")
    await expect(page.get_by_text("as well", exact=True)).to_be_visible()
    await expect(page.get_by_text("stay", exact=True)).to_be_attached()
    lines = await said(page)
    assert len(lines) <= 2 * 1_000 / 200 + 4  # 200 people to a line; each frame may begin another
    assert sum(3 + int(line.split(" others")[0].rsplit(" ", 1)[1]) for line in lines) == 1_000


async def test_lines_of_former_days_have_their_day_above_them(page: Page, room: FakeChat) -> None:
    ann = room.user("Ann")
    days = (400, 400, 2, 0, 0)
    await room.broadcast(
        *(moved(room.event("CHAT", body=f"<p>line {n}</p>", user=ann), timedelta(days=d)) for n, d in enumerate(days))
    )
    await expect(page.locator(".line")).to_have_count(5)
    dividers = await page.locator(".date-divider").all_inner_texts()
    now = datetime.now(UTC)
    last_year, recent = now - timedelta(days=400), now - timedelta(days=2)
    assert len(dividers) == 3
    assert str(last_year.year) in dividers[0]
    assert f"{recent:%A}" in dividers[1] or str(recent.year) in dividers[1]  # the first days of a year
    assert {str(now.day), f"{now:%B}"} <= set(dividers[2].replace(",", "").split())
    counts = await page.locator(".line").evaluate_all(
        "all => all.map(line => line.querySelectorAll('.date-divider').length)"
    )
    assert counts == [1, 0, 1, 1, 0]


async def test_lines_of_today_have_no_day_and_an_edited_one_keeps_its_own(page: Page, room: FakeChat) -> None:
    ann = room.user("Ann")
    today = room.event("CHAT", body="<p>today</p>", user=ann)
    await room.broadcast(today)
    await expect(page.locator(".line")).to_have_count(1)
    assert await page.locator(".date-divider").count() == 0
    old = moved(room.event("CHAT", body="<p>old</p>", user=ann), timedelta(days=3))
    await room.broadcast(old)
    await expect(page.locator(".date-divider")).to_have_count(1)
    await room.broadcast(
        room.event("MESSAGE-UPDATE", message={**old, "body": "<p>mended</p>", "editedAt": today["timestamp"]})
    )
    await expect(page.get_by_text("mended")).to_be_visible()
    assert await page.locator(".date-divider").count() == 1


async def test_what_runs_from_right_to_left_does(page: Page, room: FakeChat) -> None:
    await room.say(room.user("Dan"), "<p>\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd!</p>")
    words = page.locator(".line .line-text")
    await expect(words).to_be_visible()
    assert await words.evaluate("said => getComputedStyle(said).direction") == "rtl"
    field = page.get_by_label("Message", exact=True)
    await field.fill("\u05e9\u05dc\u05d5\u05dd")
    assert await field.evaluate("field => getComputedStyle(field).direction") == "rtl"
