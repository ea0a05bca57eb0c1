"""The modules of the chat one by one, in Chromium: what they make of hostile HTML, of words, of hours and of losses."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.kit import browser
from tests.kit.fake_chat import FakeChat
from tests.kit.made_once import static_files

pytestmark = [browser.NEEDED, pytest.mark.asyncio(loop_scope="session")]

PLAIN = {"BR", "P", "STRONG", "EM", "CODE", "PRE"}
LINK = {"rel": "nofollow noopener noreferrer", "target": "_blank"}


@pytest.fixture
def frame() -> str:
    return "/embed/chat/readonly"


@pytest.fixture
def context() -> dict[str, Any]:
    return {"locale": "en-GB", "timezone_id": "UTC"}


@pytest.fixture
def complaints() -> tuple[str, ...]:
    return ("WebSocket connection to", "Failed to load resource", "Content Security Policy")


async def run(page: Page, module: str, script: str, given: object = None) -> Any:
    """The value of a function body in which `m` is the module and `given` what is handed in."""
    address = static_files().url(f"js/chat/{module}.js")
    return await page.evaluate(f"given => import('{address}').then(m => {{ {script} }})", given)


# what is handed to it, put into the document, and read back as names and attributes; twice, as some tricks need a
# second parsing to become what they are
SHOW = """
const box = document.createElement("div");
document.body.append(box);
const read = () => [...box.querySelectorAll("*")].map(
  (each) => [each.nodeName, Object.fromEntries([...each.attributes].map((one) => [one.name, one.value]))]);
box.append(m.sanitize(given));
const [once, html, words] = [read(), box.innerHTML, box.textContent];
box.innerHTML = html;
const twice = read();
return new Promise((done) => setTimeout(() => {
  box.remove();
  done({once, twice, words, pwned: window.pwned ?? ""});
}));
"""

HOSTILE = (
    "<script>pwned = 1</script>x",
    "<img src=x onerror='pwned = 2'>",
    "<svg onload='pwned = 3'><script>pwned = 4</script></svg>",
    "<svg><style><img src=x onerror='pwned = 5'></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=pwned=6&gt;'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=pwned=7>",
    "<noscript><p title='</noscript><img src=x onerror=pwned=8>'>",
    "<svg></p><style><a id='</style><img src=1 onerror=pwned=9>'>",
    "<p><template><img src=x onerror=pwned=10></template>",
    "<a href='javascript:pwned=11'>go</a>",
    "<a href=' &#1; java&#10;script:pwned=12'>go</a>",
    "<a href='data:text/html,<script>pwned=13</script>'>go</a>",
    "<a href='vbscript:x' onclick=pwned=14 style='position:fixed' id=chat class=who>go</a>",
    "<a href=https://x.example/ target=_self rel=opener ping=//evil.example>go</a>",
    "<iframe srcdoc='<script>parent.pwned=15</script>'></iframe>",
    "<object data=javascript:pwned=16></object><embed src=javascript:pwned=17>",
    "<base href=//evil.example/><meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<link rel=stylesheet href=//evil.example/x.css><style>*{display:none}</style>",
    "<img src=//evil.example/track.png alt=seen>",
    "<img src=/logo alt=logo><img src=/img/emoji/../../logo alt=logo><img src='/img/emoji/%2e%2e/%2e%2e/logo' alt=up>",
    "<img src=/img/emoji/boat.png srcset='//evil.example/x.png 2x' style=x usemap=#m onload=pwned=18 alt=:boat:>",
    "<input autofocus onfocus=pwned=19><video autoplay onplay=pwned=20><source src=x onerror=pwned=21></video>",
    "<details open ontoggle=pwned=22>x</details><dialog open>x</dialog><body onload=pwned=23>",
    "<select><noembed></select><script>pwned=24</script></noembed>",
    "<title><img src=x onerror=pwned=25></title><textarea></textarea><img src=x onerror=pwned=26>",
    "<x-y onclick=pwned=27><slot name=x></slot></x-y><frameset onload=pwned=28><xmp><img src=x onerror=pwned=29></xmp>",
    "<![CDATA[<img src=x onerror=pwned=30>]]><?xml version='1.0'?><!-- --!><img src=x onerror=pwned=31> -->",
    "<p" + "<p>" * 2_000 + "deep",
    "<strong>" * 5_000 + "deeper",
    "\0<\0s\0cript>pwned=32</script>",
)  # fmt: skip


async def test_hostile_html_becomes_nothing_but_what_is_on_the_list(page: Page) -> None:
    for html in HOSTILE:
        shown = await run(page, "sanitize", SHOW, html)
        assert shown["pwned"] == "", html
        assert "pwned = 1" not in shown["words"]
        for name, attributes in (*shown["once"], *shown["twice"]):
            assert (name, harmless(name, attributes)) == (name, True), html


def harmless(name: str, attributes: dict[str, str]) -> bool:
    if name == "A":
        led_to = attributes.pop("href")
        return attributes == LINK and led_to.startswith(("https://", "http://"))
    if name == "IMG":
        return attributes["src"].startswith("/img/emoji/") and attributes.keys() <= {"src", "class", "alt", "title"}
    return name in PLAIN and not attributes


async def test_what_the_server_makes_passes_as_it_is(page: Page) -> None:
    html = (
        "<p>hi <strong>there</strong> <em>you</em><br><code>x &lt; y</code></p><pre><code>a\n b</code></pre>"
        '<p><a href="https://a.example/?x=1&amp;y=2" rel="nofollow noopener noreferrer" target="_blank">a</a> '
        '<img src="/img/emoji/boat.png" class="emoji" alt=":boat:" title=":boat:"></p>'
    )
    script = "const box = document.createElement('div'); box.append(m.sanitize(given)); return box.innerHTML;"
    assert await run(page, "sanitize", script, html) == html
    assert await run(page, "sanitize", script, "<img src=//evil.example/x.png alt='a picture'>") == "a picture"
    assert await run(page, "sanitize", script, "<article><h1>a</h1><b>b</b></article>") == "ab"


@pytest.mark.parametrize(
    ("address", "led_to"),
    [
        ("https://a.example", "https://a.example/"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("https://[", None),
        ("", None),
        (None, None),
    ],
)
async def test_only_web_addresses_are_led_to(page: Page, address: str | None, led_to: str | None) -> None:
    assert await run(page, "sanitize", "return m.webUrl(given)?.href ?? null", address) == led_to


@pytest.mark.parametrize(
    ("words", "name", "mentioned"),
    [
        ("hi @Ann!", "ann", True),
        ("hi @anna", "ann", False),
        ("@anna and @Ann", "ann", True),
        ("@ann_", "ann", False),
        ("hi ann", "ann", False),
        ("@Shy newt: hello", "shy newt", True),
        ("@Ann\u00e9", "ann", False),
        ("@a.b", "a.b", True),
        ("@", "", False),
    ],
)
async def test_a_name_is_spoken_to_after_an_at_and_as_a_whole(
    page: Page, words: str, name: str, mentioned: bool
) -> None:
    assert await run(page, "render-line", "return m.mentionsName(...given)", [words, name]) is mentioned


@pytest.mark.parametrize(
    "kind", ["chat", "system", "action", "joined", "parted", "renamed", "follow", "like", "repost"]
)
async def test_no_member_of_a_line_is_taken_for_markup(page: Page, kind: str) -> None:
    evil = "<img src=x onerror=pwned=1>"
    line = {
        "kind": kind,
        "id": evil,
        "html": f"<p>{evil}</p>",
        "oldName": evil,
        "title": evil,
        "image": "javascript:pwned=2",
        "link": "javascript:pwned=3",
        "hidden": False,
        "person": {"id": evil, "name": evil, "colour": 3, "moderator": True, "bot": True, "authenticated": True},
    }
    script = """const item = m.renderLine({...given, at: new Date(0)}); document.body.append(item);
    const found = [...item.querySelectorAll("img, a")].map((each) => each.outerHTML);
    return new Promise((done) => setTimeout(() => {
      item.remove();
      done([found, window.pwned ?? "", item.textContent]);
    }));"""
    found, pwned, words = await run(page, "render-line", script, line)
    assert (found, pwned) == ([], "")
    if kind != "action":
        assert evil in words


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("@An", {"trigger": "@", "query": "An", "start": 0}),
        ("hi @Shy ne", {"trigger": "@", "query": "Shy ne", "start": 3}),
        ("so :boa", {"trigger": ":", "query": "boa", "start": 3}),
        ("@", {"trigger": "@", "query": "", "start": 0}),
        ("mail me@home", None),
        ("see https://x", None),
        ("@a\nb", None),
        ("@" + "x" * 31, None),
        ("", None),
    ],
)
async def test_the_word_before_the_caret_wants_completing(page: Page, words: str, found: object) -> None:
    assert await run(page, "autocomplete", "return m.tokenBeforeCaret(given, given.length)", words) == found
    assert (
        await run(page, "autocomplete", "return m.tokenBeforeCaret(given + ' and more', given.length)", words) == found
    )


async def test_people_are_found_by_how_they_begin_the_latest_first_and_not_endlessly(page: Page) -> None:
    script = """const people = new m.RecentPeople();
    for (const [id, name] of given) people.add({id, name});
    people.add(null); people.add({id: "", name: "nobody"});
    const count = (part) => people.find(part).length;
    return [people.find("an"), count("AN"), people.find("zz"), count(""), people.find("nobody")];"""
    met = [["1", "Ann"], ["2", "Joan"], ["3", "Anton"], ["1", "Anna"], ["4", "Bo"], ["5", "Anton"]]
    found, same, none, most, nobody = await run(page, "autocomplete", script, met)
    assert found == ["Anton", "Anna", "Joan"]
    assert (same, none, most, nobody) == (3, [], 4, [])
    crowd = [[str(n), f"N{n}"] for n in range(600)]
    first, _, _, most, _ = await run(
        page, "autocomplete", script.replace('people.find("an")', 'people.find("N0")'), crowd
    )
    assert (first, most) == ([], 6), "who was seen longest ago is forgotten"


@pytest.mark.parametrize(
    ("status", "now", "left"),
    [
        ({"state": "live"}, 0, None),
        ({"state": "waiting"}, 0, None),
        ({"state": "offline", "endedAt": None}, 0, 0),
        ({"state": "offline", "endedAt": 1_000, "skew": None}, 61_000, 240_000),
        ({"state": "offline", "endedAt": 1_000, "skew": 10_000}, 61_000, 230_000),
        ({"state": "offline", "endedAt": 1_000, "skew": None}, 999_000, 0),
        ({"state": "offline", "endedAt": 1_000, "event": {"chatOpen": False}}, 999_000, 0),
        ({"state": "offline", "endedAt": 1_000, "event": {"chatOpen": True}}, 999_000, None),
    ],
)
async def test_the_chat_is_open_for_so_long(page: Page, status: dict[str, object], now: int, left: int | None) -> None:
    script = """const status = {...given[0], endedAt: given[0].endedAt ? new Date(given[0].endedAt) : null};
    const ms = m.openForMs(status, given[1], 300000); return ms === Infinity ? null : ms;"""
    assert await run(page, "availability", script, [status, now]) == left


async def test_each_attempt_waits_longer_up_to_half_a_minute_and_nobody_in_step(page: Page) -> None:
    script = "return [0, 1].map((chance) => given.map((failures) => m.reconnectDelay(failures, chance)));"
    longest, shortest = await run(page, "connection", script, [0, 1, 2, 3, 4, 5, 6, 7, 100])
    assert longest == [1_000, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]
    assert shortest == [pytest.approx(0.7 * each) for each in longest]


ODD_FRAMES = (
    "", "null", "7", "[]", "{", '{"type":7}', '{"type":"constructor"}', '{"type":"CONNECTED_USER_INFO"}',
    '{"type":"COLOR_CHANGE","user":null}',
    '{"type":"CHAT","timestamp":"soon","user":{"displayColor":"red","scopes":7}}',
)  # fmt: skip


async def test_odd_frames_are_nothing_or_a_line_with_nothing_in_it(page: Page) -> None:
    acts = await run(page, "protocol", "return m.parseFrame(given).map((event) => event.type)", "\n".join(ODD_FRAMES))
    assert acts == ["line"]
    line = await run(page, "protocol", "return m.parseFrame(given)[0]", ODD_FRAMES[-1])
    assert (line["html"], line["person"]["colour"], line["person"]["moderator"]) == ("", 0, False)
    assert await run(
        page, "protocol", "return [m.parseFrame(7), m.parseHistory('x'), m.parseHistory([{type: 'CHAT'}]).length]"
    ) == [
        [],
        [],
        1,
    ]


async def test_a_room_that_is_cut_again_and_again_loses_no_word_and_says_none_twice(page: Page, room: FakeChat) -> None:
    ann = room.user("Ann")
    for cut in range(4):
        for n in range(5):
            await room.say(ann, f"<p>{cut}.{n}</p>")
        if cut == 3:
            await expect(page.locator(".line .line-text").last).to_have_text("3.4")
        await room.cut()
        await room.say(ann, f"<p>{cut}.away</p>")
        await page.evaluate("dispatchEvent(new Event('online'))")
        await room.joined()
    await room.say(ann, "<p>end</p>")
    said = [f"{cut}.{n}" for cut in range(4) for n in (*range(5), "away")]
    await expect(page.locator(".line .line-text")).to_have_text([*said, "end"])
    # a room that is cut before the history has come is asked for the whole of it
    since = [query.get("since", [""])[0] for query in room.queries[1:]]
    assert since == sorted(since)
    assert since[-1] > ""


async def test_what_was_missed_comes_before_what_is_new_however_late_it_comes(page: Page, room: FakeChat) -> None:
    ann = room.user("Ann")
    await room.say(ann, "<p>before</p>")
    await expect(page.locator(".line .line-text")).to_have_text(["before"])
    await room.cut()
    for n in range(150):
        await room.say(ann, f"<p>missed {n}</p>")
    # the history has the newest only, and is there at once; the socket tells all, and takes its time
    history, room.log_shown = room.log, 20
    await page.evaluate("dispatchEvent(new Event('online'))")
    await room.joined()
    await room.say(ann, "<p>new</p>")
    assert room.queries[-1]["most"] == ["200"]
    expected = ["before", *(f"missed {n}" for n in range(150)), "new"]
    await expect(page.locator(".line .line-text")).to_have_text(expected)
    assert len(history) == 152


async def test_what_was_shown_again_while_one_was_away_is_there(page: Page, room: FakeChat) -> None:
    ann = room.user("Ann")
    for words in ("first", "second", "third"):
        await room.say(ann, f"<p>{words}</p>")
    await room.broadcast(room.event("VISIBILITY-UPDATE", ids=[room.log[1]["id"]], visible=False))
    await expect(page.get_by_text("second")).to_be_hidden()
    await room.cut()
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(page.get_by_text("second")).to_be_visible()
    await expect(page.locator(".line .line-text")).to_have_text(["first", "second", "third"])


async def test_what_has_left_the_log_is_forgotten_and_does_not_come_back(page: Page, room: FakeChat) -> None:
    ann, longest = room.user("Ann"), 200
    room.log.extend(room.event("CHAT", body=f"<p>{n}</p>", user=ann) for n in range(3 * longest))
    await room.broadcast(*room.log[:longest])
    await expect(page.locator(".line")).to_have_count(longest)
    await page.locator(".chat-log").evaluate("scroll => scroll.scrollTop = 0")
    await expect(page.locator(".chat-new-messages")).to_be_visible()
    await room.broadcast(*room.log[longest:])
    await room.broadcast(room.event("VISIBILITY-UPDATE", ids=[f"x{n}" for n in range(1_000)], visible=False))
    await expect(page.locator(".chat-new-messages")).to_contain_text(str(2 * longest))
    assert await largest_set(page) <= 2 * longest
    for _ in range(2):
        await page.locator(".chat-new-messages").evaluate("button => button.click()")
        newest = [str(n) for n in range(2 * longest, 3 * longest)]
        await expect(page.locator(".line .line-text")).to_have_text(newest)
        # the history has lines that were here, and some that never were
        await room.cut()
        await page.evaluate("dispatchEvent(new Event('online'))")
        await room.joined()
    await room.say(ann, "<p>end</p>")
    await expect(page.locator(".line .line-text")).to_have_text([*newest[1:], "end"])


async def largest_set(page: Page) -> int:
    """Return the size of the largest Set that is alive in the page."""
    devtools = await page.context.new_cdp_session(page)
    prototype = (await devtools.send("Runtime.evaluate", {"expression": "Set.prototype"}))["result"]["objectId"]
    sets = await devtools.send("Runtime.queryObjects", {"prototypeObjectId": prototype})
    count = "function() { return Math.max(0, ...this.map((each) => each.size)); }"
    asked = {"objectId": sets["objects"]["objectId"], "functionDeclaration": count, "returnByValue": True}
    return int((await devtools.send("Runtime.callFunctionOn", asked))["result"]["value"])
