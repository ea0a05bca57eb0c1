"""Bad requests to an inbox are refused with a 4xx in good time, counted with their reason, and change nothing.

All of it goes over the real network to a whole node. The lines are those of the security checklist that FEDERATION.md
promises to other implementers.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from email.utils import formatdate
from html import escape
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from activitypub.network.fetch_limiter import FetchLimits
from activitypub.signatures.request import Request
from tests.kit.federating import FederatedNode, federated_node, until
from tests.kit.remote import json_response, remote
from tests.kit.rogue import ALL, PATIENCE_S, Rogue, make_key, rogue

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOON_S = 5.0  # a fetch over the loopback included; the machine may be busy
HOUR_S = 3600
KILO = 1024
MOST_FETCHES = FetchLimits().fetches


@dataclass(frozen=True, slots=True)
class Wrong:
    """`wire` makes the request, `counted` is what `Federation.counts` says of it then."""

    what: str
    status: int
    counted: str
    wire: Callable[[Rogue], bytes]


@dataclass(frozen=True, slots=True)
class Scene:
    home: FederatedNode
    mal: Rogue


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with federated_node(tmp_path_factory.mktemp("victim")) as home, rogue(home.origin) as mal:
        # what is told in the chat is written a moment later, and would be taken for what came after
        await home.change("federation/showengagement", False)
        # its key is known from now on: what is refused later is not refused for want of it
        follow = mal.activity("Follow", mal.us)
        assert (await mal.send(mal.cavage(follow))).status == 202
        # and the worker is up, which writes down a thing or two when it starts
        async with asyncio.timeout(PATIENCE_S):
            while "POST" not in {request.method for request in mal.server.asked}:
                await asyncio.sleep(0.05)
        # without followers nobody has to be told of the node's own changes, which also takes a while
        assert (await mal.send(mal.cavage(mal.activity("Undo", follow)))).status == 202
        yield Scene(home, mal)


def ago(seconds: float) -> str:
    return formatdate(time.time() - seconds, usegmt=True)


def less(name: str) -> tuple[str, ...]:
    return tuple(each for each in ALL if each != name)


def served(mal: Rogue, name: str, document: object = None, *, bits: int = 2048, **more: Any) -> bytes:
    """A Like by the account `name`, well signed; what its server says of it is `document`."""
    url = f"{mal.origin}/users/{name}"
    key = make_key(f"{url}#main-key", bits)
    mal.serve(f"/users/{name}", mal.actor(name, key) if document is None else document, **more)
    return mal.cavage(mal.activity(actor=url), by=key.id, sign=key.sign)


def led_away(mal: Rogue, name: str, target: str) -> bytes:
    """A Like by an account whose URL redirects to `target`."""
    wire = served(mal, name)
    mal.pages[f"/users/{name}"] = lambda: web.Response(status=302, headers={"Location": target})
    return wire


def stolen(mal: Rogue) -> bytes:
    """A key of its own URL, which says that it belongs to an account that does not know it."""
    key = make_key(f"{mal.origin}/keys/1")
    mal.serve("/users/ann", mal.actor("ann"))
    mal.serve("/keys/1", {"id": key.id, "owner": f"{mal.origin}/users/ann", "publicKeyPem": key.pem})
    return mal.cavage(mal.activity(actor=f"{mal.origin}/users/ann"), by=key.id, sign=key.sign)


def note(mal: Rogue, **members: Any) -> dict[str, Any]:
    made = {"id": f"{mal.origin}/notes/1", "type": "Note", "attributedTo": mal.me, "content": "<p>hi</p>", **members}
    return made | {"inReplyTo": f"{mal.victim}/federation/none", "to": ["https://www.w3.org/ns/activitystreams#Public"]}


def expiring(mal: Rogue, in_s: float, body: object = None) -> bytes:
    """Made a moment ago, and signed to count for so many seconds."""
    made, until_ = str(int(time.time())), str(int(time.time() + in_s))
    times: dict[str, str | None] = {"(created)": made, "(expires)": until_}
    covered = (*less("date"), *times)
    params = f'algorithm="hs2019",created={made},expires={until_}'
    # what is signed beside the headers is no header
    return mal.cavage(body, covered=covered, params=params, before=times, after=dict.fromkeys([*times, "date"]))


def padded(mal: Rogue, text: str) -> bytes:
    """An activity with one more member, as text that no writer of JSON would write."""
    whole = mal.activity()
    stated = ",".join(f'"{name}":"{value}"' for name, value in whole.items())
    return f"{{{stated},{text}}}".encode()


FAR = "https://elsewhere.example"
SIGNATURES = (
    Wrong("no signature", 401, "refused unsigned", lambda m: m.cavage(after={"signature": None})),
    Wrong("half a signature", 401, "refused signature-form", lambda m: m.cavage(after={"signature": 'keyId="x'})),
    Wrong(
        "another actor of the same host",
        401,
        "refused owner",
        lambda m: m.cavage(m.activity(actor=f"{m.origin}/users/ann")),
    ),
    Wrong(
        "an actor of another host",
        401,
        "refused owner",
        lambda m: m.cavage(m.activity(actor=f"{FAR}/ann", id=f"{FAR}/1")),
    ),
    Wrong("a key that is not the actor's", 401, "refused signature", lambda m: m.cavage(sign=make_key("x").sign)),
    Wrong("a tampered body", 401, "refused digest", lambda m: m.cavage(sent=m.cavage().partition(b"\r\n\r\n")[2])),
    Wrong("for another target", 401, "refused signature", lambda m: m.cavage(target=f"{m.us[len(m.victim) :]}/inbox")),
    Wrong("for another host", 401, "refused host", lambda m: m.cavage(before={"host": "elsewhere.example"})),
    Wrong("another host afterwards", 401, "refused host", lambda m: m.cavage(after={"host": "elsewhere.example"})),
    Wrong("no digest", 401, "refused coverage", lambda m: m.cavage(before={"digest": None}, covered=less("digest"))),
    Wrong("a digest that is not signed", 401, "refused coverage", lambda m: m.cavage(covered=less("digest"))),
    Wrong("a signed digest that is not there", 401, "refused coverage", lambda m: m.cavage(after={"digest": None})),
    Wrong(
        "a digest of MD5", 401, "refused digest", lambda m: m.cavage(before={"digest": "MD5=1B2M2Y8AsgTpgAmY7PhCfg=="})
    ),
    Wrong("a host that is not signed", 401, "refused coverage", lambda m: m.cavage(covered=less("host"))),
    Wrong("a target that is not signed", 401, "refused coverage", lambda m: m.cavage(covered=less("(request-target)"))),
    Wrong("a date that is not signed", 401, "refused coverage", lambda m: m.cavage(covered=less("date"))),
    Wrong("signed two hours ago", 401, "refused date", lambda m: m.cavage(before={"date": ago(2 * HOUR_S)})),
    Wrong("signed in two hours", 401, "refused date", lambda m: m.cavage(before={"date": ago(-2 * HOUR_S)})),
    Wrong("expired ten minutes ago", 401, "refused date", lambda m: expiring(m, -600)),
    Wrong(
        "expired, which nobody signed",
        401,
        "refused date",
        lambda m: m.cavage(params=f'algorithm="hs2019",expires={int(time.time() - 600)}'),
    ),
    Wrong(
        "an expiry that is no time",
        401,
        "refused signature-form",
        lambda m: m.cavage(params='algorithm="hs2019",expires="never"'),
    ),
    Wrong("no date at all", 401, "refused date", lambda m: m.cavage(before={"date": "soon"})),
    Wrong(
        "the public key as an HMAC's secret",
        401,
        "refused algorithm",
        lambda m: m.cavage(sign=m.key.hmac, params='algorithm="hmac-sha256"'),
    ),
    Wrong("the same, disguised", 401, "refused signature", lambda m: m.cavage(sign=m.key.hmac)),
    Wrong("SHA-1", 401, "refused algorithm", lambda m: m.cavage(params='algorithm="rsa-sha1"')),
    Wrong("two digests", 400, "refused headers", lambda m: m.cavage(more=[("digest", "SHA-256=AAAA")])),
    Wrong("65 headers", 400, "refused headers", lambda m: m.cavage(more=[(f"x-{n}", "1") for n in range(65)])),
    Wrong("a key id that is no URL", 401, "refused owner", lambda m: m.cavage(by="mal")),
    Wrong("a key of another host", 401, "refused owner", lambda m: m.cavage(by=f"{FAR}/ann#main-key")),
    Wrong("RFC 9421 without the body", 401, "refused coverage", lambda m: m.modern(covered=("@method", "@target-uri"))),
    Wrong(
        "RFC 9421 without the target",
        401,
        "refused coverage",
        lambda m: m.modern(covered=("@method", "content-digest")),
    ),
    Wrong("RFC 9421, two hours old", 401, "refused date", lambda m: m.modern(created=time.time() - 2 * HOUR_S)),
    Wrong("RFC 9421, without a time", 401, "refused date", lambda m: m.modern(params=f';keyid="{m.key.id}"')),
    Wrong(
        "RFC 9421, expired",
        401,
        "refused date",
        lambda m: m.modern(params=f';created={int(time.time())};expires={int(time.time() - 600)};keyid="{m.key.id}"'),
    ),
    Wrong("RFC 9421, tampered", 401, "refused digest", lambda m: m.modern(sent=m.modern().partition(b"\r\n\r\n")[2])),
    Wrong("RFC 9421, for another target", 401, "refused signature", lambda m: m.modern(target="/federation/inbox?x=1")),
    Wrong(
        "RFC 9421 by HMAC",
        401,
        "refused algorithm",
        lambda m: m.modern(params=f';created={int(time.time())};keyid="{m.key.id}";alg="hmac-sha256"'),
    ),
)
KEYS = (
    Wrong("a key of 1,024 bits", 401, "refused key", lambda m: served(m, "small", bits=1024)),
    Wrong("a key that is not there", 401, "refused key", lambda m: m.cavage(by=f"{m.origin}/users/none#main-key")),
    Wrong("a key of somebody else's", 401, "refused key", stolen),
    Wrong("an actor without an inbox", 401, "refused key", lambda m: served(m, "dumb", m.actor("dumb", inbox=None))),
    Wrong("an actor whose id is another's", 401, "refused key", lambda m: served(m, "two", m.actor("two", id=m.us))),
    Wrong("an actor that is a web page", 401, "refused key", lambda m: served(m, "page", media_type="text/html")),
    Wrong("an upload", 401, "refused key", lambda m: served(m, "upload", media_type="application/octet-stream")),
    Wrong(
        "an actor of two megabytes",
        401,
        "refused key",
        lambda m: served(m, "fat", m.actor("fat", summary="x" * 2048 * KILO)),
    ),
    Wrong("an actor that leads in circles", 401, "refused key", lambda m: led_away(m, "round", "/users/round")),
    Wrong("an actor at a file", 401, "refused key", lambda m: led_away(m, "file", "file:///etc/passwd")),
    Wrong("the cloud's own address", 401, "refused key", lambda m: led_away(m, "cloud", "http://169.254.169.254/")),
    Wrong("an address within", 401, "refused key", lambda m: led_away(m, "within", "https://10.0.0.1/users/x")),
    Wrong("this machine, spelled short", 401, "refused key", lambda m: led_away(m, "short", "https://127.1/")),
    Wrong("this machine, in IPv6", 401, "refused key", lambda m: led_away(m, "six", "https://[::ffff:127.0.0.1]/")),
)
BODIES = (
    Wrong("a form", 415, "refused media-type", lambda m: m.cavage(before={"content-type": "text/plain"})),
    Wrong("packed", 415, "refused encoding", lambda m: m.cavage(before={"content-encoding": "gzip"})),
    Wrong("more than a megabyte", 413, "refused too-large", lambda m: m.cavage(b"{" + b" " * 1024 * KILO)),
    Wrong("no JSON", 400, "refused not-json", lambda m: m.cavage(b"hello")),
    Wrong("no object", 400, "refused not-json", lambda m: m.cavage([1])),
    Wrong("no UTF-8", 400, "refused not-json", lambda m: m.cavage(padded(m, '"x":"é"').decode().encode("latin-1"))),
    Wrong("NaN", 400, "refused not-json", lambda m: m.cavage(padded(m, '"x":NaN'))),
    Wrong("a number without end", 400, "refused json-limits", lambda m: m.cavage(padded(m, f'"x":{"9" * 5000}'))),
    Wrong("half a character", 400, "refused not-json", lambda m: m.cavage(padded(m, r'"x":"\ud800"'))),
    Wrong("a key twice", 400, "refused json-limits", lambda m: m.cavage(padded(m, '"type":"Follow"'))),
    Wrong("33 deep", 400, "refused json-limits", lambda m: m.cavage(padded(m, f'"x":{"[" * 33 + "]" * 33}'))),
    Wrong("deeper than any stack", 400, "refused json-limits", lambda m: m.cavage(padded(m, f'"x":{"[" * 500_000}'))),
    Wrong(
        "10,000 items", 400, "refused json-limits", lambda m: m.cavage(m.activity(to=["https://a.example/"] * 10_000))
    ),
    Wrong(
        "3,000 members",
        400,
        "refused json-limits",
        lambda m: m.cavage(m.activity() | {f"x{n}": 1 for n in range(3000)}),
    ),
    Wrong("nobody", 400, "refused shape", lambda m: m.cavage(m.activity(actor=None))),
    Wrong("two at once", 400, "refused shape", lambda m: m.cavage(m.activity(actor=[m.me, f"{m.origin}/users/ann"]))),
    Wrong("a graph", 400, "refused shape", lambda m: m.cavage(m.activity() | {"@graph": []})),
)
OWNERS = (
    Wrong("an id of another host", 403, "refused foreign", lambda m: m.cavage(m.activity(id=f"{FAR}/1"))),
    Wrong(
        "a post of another host",
        403,
        "refused foreign",
        lambda m: m.cavage(m.activity("Create", note(m, id=f"{FAR}/notes/1"))),
    ),
    Wrong(
        "a post of another author",
        403,
        "refused foreign",
        lambda m: m.cavage(m.activity("Create", note(m, attributedTo=f"{m.origin}/users/ann"))),
    ),
    Wrong(
        "an edit of ours",
        403,
        "refused foreign",
        lambda m: m.cavage(m.activity("Update", note(m, id=f"{m.victim}/federation/none"))),
    ),
    Wrong("another's profile", 403, "refused foreign", lambda m: m.cavage(m.activity("Update", m.actor("ann")))),
    Wrong("a post of ours, deleted", 403, "refused foreign", lambda m: m.cavage(m.activity("Delete", m.us))),
    Wrong(
        "another's follow, undone",
        403,
        "refused foreign",
        lambda m: m.cavage(
            m.activity(
                "Undo", {"id": f"{m.origin}/1", "type": "Follow", "actor": f"{m.origin}/users/ann", "object": m.us}
            )
        ),
    ),
    Wrong("another's move", 403, "refused foreign", lambda m: m.cavage(m.activity("Move", m.us, target=m.me))),
)
ODD = (
    Wrong("of a type nobody knows", 202, "ignored unknown-type", lambda m: m.cavage(m.activity("Dance"))),
    Wrong(
        "the end of somebody unknown",
        202,
        "ignored delete-of-unknown",
        lambda m: m.cavage(m.activity("Delete", f"{m.origin}/users/gone", actor=f"{m.origin}/users/gone")),
    ),
)


@pytest.mark.parametrize("wrong", [*SIGNATURES, *KEYS, *BODIES, *OWNERS, *ODD], ids=lambda wrong: wrong.what)
async def test_it_is_refused_soon_and_counted_and_changes_nothing(scene: Scene, wrong: Wrong) -> None:
    wire = wrong.wire(scene.mal)
    rows, counts = scene.home.rows(), dict(scene.home.counts)
    said = await scene.mal.send(wire)
    assert (said.status, changes(counts, scene.home)) == (wrong.status, {wrong.counted: 1}), said.text
    assert said.seconds < SOON_S
    assert scene.home.rows() == rows


def changes(before: dict[str, int], home: FederatedNode) -> dict[str, int]:
    return {name: count - before.get(name, 0) for name, count in home.counts.items() if count != before.get(name, 0)}


async def test_what_was_said_once_is_not_done_again(scene: Scene) -> None:
    wire = scene.mal.cavage(scene.mal.activity())
    assert (await scene.mal.send(wire)).status == 202
    rows, counts = scene.home.rows(), dict(scene.home.counts)
    again = [scene.mal.send(wire) for _ in range(5)]
    assert [said.status for said in await asyncio.gather(*again)] == [202] * 5
    assert changes(counts, scene.home) == {"ignored replay": 5}
    assert scene.home.rows() == rows


async def test_a_key_that_redirects_to_this_machine_makes_us_ask_nobody(scene: Scene) -> None:
    async with remote(lambda request: json_response("{}")) as secret:
        # a name that resolves to an address which must not be asked, however it is spelled
        port = secret.origin.rpartition(":")[2]
        for number, host in enumerate(("localhost", "[::1]", "0x7f.1", "2130706433")):
            said = await scene.mal.send(led_away(scene.mal, f"led{number}", f"http://{host}:{port}/users/x"))
            assert (said.status, said.text) == (401, "key: the key is unknown")
        assert secret.asked == []


async def test_a_signature_counts_until_it_expires(scene: Scene) -> None:
    assert (await scene.mal.send(expiring(scene.mal, 60))).status == 202
    modern = f';created={int(time.time())};expires={int(time.time() + 60)};keyid="{scene.mal.key.id}"'
    assert (await scene.mal.send(scene.mal.modern(params=modern))).status == 202


async def test_many_keys_of_one_host_make_us_ask_it_for_few(scene: Scene) -> None:
    """An attacker names a new key with each request, to make the node send requests to other servers."""
    rows, counts, began = scene.home.rows(), dict(scene.home.counts), time.monotonic()
    async with rogue(scene.home.origin) as called:

        def by(number: int) -> bytes:
            url = f"{called.origin}/users/nobody{number}"
            return called.cavage(called.activity(actor=url), by=f"{url}#main-key")

        async def statuses(numbers: list[int]) -> set[int]:
            return {said.status for said in await asyncio.gather(*(called.send(by(number)) for number in numbers))}

        assert await statuses([0] * 20) == await statuses([0] * 20) == {401}
        assert len(called.server.asked) == 1
        for first in range(1, 2 * MOST_FETCHES, 50):
            assert await statuses([*range(first, first + 50)]) == {401}
        minutes = 1 + (time.monotonic() - began) // FetchLimits().period_s
        assert len(called.server.asked) <= MOST_FETCHES * minutes
        assert changes(counts, scene.home) == {"refused key": 2 * MOST_FETCHES + 40}
    assert scene.home.rows() == rows
    # and of another host the keys are found as before
    async with rogue(scene.home.origin) as other:
        assert (await other.send(other.cavage())).status == 202


HOSTILE = (
    '<p onclick="x()">Ahoy<script>alert(1)</script><style>*{display:none}</style></p>'
    '<img src="x" onerror="alert(2)"><svg onload="alert(3)"><script>alert(4)</script></svg>'
    '<a href="javascript:alert(5)">press</a> <a href="/admin/" style="position:fixed">me</a>'
    '<iframe src="https://evil.example/"></iframe><form action="https://evil.example/"><input name="password"></form>'
    "&lt;script&gt;alert(6)&lt;/script&gt;\u202egnp.exe\u2066\u200b<math><mtext><table><mglyph><style><!--</style>"
    '<img title="--&gt;&lt;img src=1 onerror=alert(7)&gt;">'
)
TURNING = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\x00-\x08]")


async def test_hostile_markup_and_names_end_in_the_chat_harmless(scene: Scene) -> None:
    home, settings = scene.home, scene.home.node.node.features.settings
    await settings.change("federation.replies", "on")
    async with rogue(home.origin) as eve:
        name = '\u202e<b onmouseover="x()">Admin</b>\u2066<script>alert(8)</script>\u200b"><img src=x>'
        icon = {"type": "Image", "url": "javascript:alert(9)"}
        profile = {"name": name, "icon": icon, "url": "javascript:alert(10)", "summary": HOSTILE}
        eve.serve("/users/mal", eve.actor("mal") | profile)
        said = note(eve, cc=[eve.us], content=HOSTILE, summary=f"{name} warns", url="javascript:alert(11)")
        said["tag"] = [{"type": "Emoji", "name": ":x:", "icon": {"type": "Image", "url": "https://evil.example/x.png"}}]
        assert (await eve.send(eve.cavage(eve.activity("Create", said)))).status == 202
        token = (await home.http.post("/api/chat/register", json={})).json()["accessToken"]
        told = await until(lambda: heard(home, token))
    await settings.change("federation.replies", "held")
    (line,) = told
    assert line["content"] == "<p>Ahoy</p><p>press me&lt;script&gt;alert(6)&lt;/script&gt;gnp.exe</p>"
    dots = f'<a href="{said["id"]}" rel="noopener noreferrer nofollow" target="_blank">\u2026</a>'
    # names and warnings are text, and shown as such, with what was meant to turn it taken out
    plain = '<b onmouseover="x()">Admin</b><script>alert(8)</script>"><img src=x>'
    assert line["body"] == f"<p>{escape(plain)} warns</p><p>{dots}</p>"
    assert (line["warning"], line["user"]["remote"]["name"]) == (f"{plain} warns", plain[:40])
    assert line["user"]["displayName"] == f"{plain[:40]} (@mal@{eve.server.authority})"
    assert (line["link"], line["user"]["remote"]["url"]) == (said["id"], eve.me)
    assert line["user"]["remote"]["picture"] == line["user"]["remote"]["avatar"] == ""
    whole = json.dumps(line, ensure_ascii=False)
    assert not TURNING.search(whole)
    assert not re.search("javascript:|evil|onerror", whole)
    assert not re.search("<script|<img|<style", line["content"] + line["body"])


async def heard(home: FederatedNode, token: str) -> list[dict[str, Any]]:
    """Return what everybody who comes into the chat is told was said."""
    found: list[dict[str, Any]] = (await home.http.get("/api/chat", params={"accessToken": token})).json()
    return found


async def test_other_methods_and_other_accounts_have_no_inbox(scene: Scene) -> None:
    mal, rows = scene.mal, scene.home.rows()
    assert (await mal.send(mal.cavage(method="PUT"))).status == 405
    assert (await mal.send(mal.cavage(target="/federation/user/nobody/inbox"))).status == 404
    assert scene.home.rows() == rows


async def test_a_rate_limit_affects_nobody_else(scene: Scene) -> None:
    async with rogue(scene.home.origin) as flood:
        assert (await flood.send(flood.cavage())).status == 202
        counts = dict(scene.home.counts)
        statuses: list[int] = []
        while 429 not in statuses:
            assert len(statuses) < 2000
            sent = [flood.send(flood.cavage()) for _ in range(50)]
            statuses += [said.status for said in await asyncio.gather(*sent)]
        assert set(statuses) == {202, 429}
        assert changes(counts, scene.home)["refused too-many"] == statuses.count(429)
    assert (await scene.mal.send(scene.mal.cavage())).status == 202


async def test_endless_replies_are_rate_limited(scene: Scene) -> None:
    async with rogue(scene.home.origin) as chatter:
        counts, statuses = dict(scene.home.counts), []
        for number in range(8):
            said = note(chatter, id=f"{chatter.origin}/notes/{number}", cc=[chatter.us])
            statuses.append((await chatter.send(chatter.cavage(chatter.activity("Create", said)))).status)
        assert statuses == [202] * 5 + [429] * 3
        assert changes(counts, scene.home)["refused too-many"] == 3


async def test_slow_requests_and_slow_responses_delay_nobody(scene: Scene) -> None:
    """A body whose end never comes, and a server that never says whose key it is: at once, as each takes long."""
    mal, silent = scene.mal, asyncio.Event()

    async def never(request: Request) -> web.Response:
        await silent.wait()
        return web.Response(status=404)

    rows, counts = scene.home.rows(), dict(scene.home.counts)
    async with remote(never) as mute:
        key = f"{mute.origin}/users/mute"
        unanswered = mal.send(mal.cavage(mal.activity(actor=key, id=f"{key}/1"), by=f"{key}#main-key"))
        waiting = asyncio.gather(mal.send(mal.cavage()[:-1]), unanswered)
        async with asyncio.timeout(PATIENCE_S):
            while not mute.asked:
                await asyncio.sleep(0.05)
        assert (await mal.send(mal.cavage(sign=mal.key.hmac))).seconds < SOON_S
        slow, unknown = await waiting
        silent.set()
    assert (slow.status, unknown.status) == (408, 401)
    told = {"refused too-slow": 1, "refused key": 1, "refused signature": 1}
    assert changes(counts, scene.home) == told
    assert scene.home.rows() == rows


async def test_after_all_this_the_node_goes_on(scene: Scene) -> None:
    async with rogue(scene.home.origin) as honest:
        follow = honest.activity("Follow", honest.us)
        assert (await honest.send(honest.modern(follow))).status == 202
        assert await scene.home.links("") == [honest.me]
        async with asyncio.timeout(PATIENCE_S):
            while "POST" not in {request.method for request in honest.server.asked}:
                await asyncio.sleep(0.05)
        assert (await honest.send(honest.modern(honest.activity("Undo", follow)))).status == 202
    assert (await scene.home.http.get("/readyz")).status_code == 200
