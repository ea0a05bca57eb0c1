"""FEDERATION.md is true: its tables are those of the code, and its addresses answer."""

import ast
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from activitypub import actor, strictjson, type_names, urls
from activitypub.network import redirects
from activitypub.network.fetch_limiter import FetchLimits
from activitypub.network.http_client import HttpLimits
from activitypub.refusal import STATUS
from activitypub.signatures import keys, parsed_signature, request
from fedistream.api.fediverse import inbox, routes
from fedistream.api.fediverse.errors import STATUS as FACE_STATUS
from fedistream.api.fediverse.errors import UNREAD
from fedistream.api.http import endpoints
from fedistream.core.errors import TooMany
from fedistream.federation import rate_limits, remote_actors
from fedistream.federation.actors import documents
from fedistream.federation.inbox import reports
from fedistream.federation.inbox import service as inbox_service
from fedistream.federation.models import QuoteRow
from fedistream.federation.posts import compose
from fedistream.federation.replies import service as replies
from fedistream.jobs import backoff, circuit_breaker
from fedistream.notices import lifecycle, service
from fedistream.settings.table import BY_NAME
from tests.house.tree import ROOT, modules, nodes
from tests.kit.faces import Faces, open_faces
from tests.kit.federated import ORIGIN
from tests.kit.signing import ACTIVITY_JSON

PAGE = (ROOT / "FEDERATION.md").read_text()
TYPE = re.compile(r"`([A-Z][A-Za-z]+)`")

# What each function of `compose` makes of what it is given; `activity` and `accept_or_reject` are told the type.
MADE = {
    "compose": {"create": "Create", "update": "Update", "update_actor": "Update", "delete": "Delete", "undo": "Undo"},
    "directory": {"write_follow": "Follow", "write_offer": "Offer", "write_leave": "Leave"},
}


def section(title: str) -> str:
    """The text under a heading, up to the next one."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, f"no section is called {title}"
    return found[1]


def table(title: str) -> dict[str, str]:
    """First and second column of the section's table."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section(title).splitlines() if "|" in line
    ]
    return {row[0]: row[1] for row in rows[2:]}


def first_cells(title: str) -> set[str]:
    """The words in backquotes of the first column."""
    return {word for cell in table(title) for word in re.findall(r"`([^`]+)`", cell)}


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with open_faces(tmp_path) as opened:
        await opened.settings.change("node.public_url", ORIGIN)
        await opened.settings.change("federation.enabled", True)
        yield opened


async def test_every_pace_is_told() -> None:
    assert {rate_limits.PACES[kind] for kind in PACED} == set(rate_limits.PACES.values())


def test_the_activities_that_are_processed_are_those_of_the_table(faces: Faces) -> None:
    understood = faces.federation.federation.understood
    assert first_cells("In") == understood
    ignored = section("In").partition("Taken, verified and ignored:")[2]
    assert set(TYPE.findall(ignored)) == set(type_names.ACTIVITIES) - understood


def test_the_activities_that_are_sent_are_those_of_the_table() -> None:
    assert first_cells("Out") == set(sent())


def sent() -> list[str]:
    """Every type of activity that the node composes, read from its source."""
    found: list[str] = []
    for module in modules(folders=("fedistream",)).values():
        for node in nodes(module, ast.Attribute):
            if isinstance(node.value, ast.Name):
                made = MADE.get(node.value.id, {}).get(node.attr)
                found += [made] if made else []
        for call in nodes(module, ast.Call):
            found += told(call) if isinstance(call.func, ast.Attribute) else []
    return found


def told(call: ast.Call) -> list[str]:
    """The types among the first arguments of a call: `delivery.answer("Accept", ...)`."""
    texts = [each.value for each in call.args[:1] if isinstance(each, ast.Constant)]
    return [text for text in texts if text in type_names.ACTIVITIES and isinstance(text, str) and is_made_by(call)]


def is_made_by(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in {"answer", "activity", "_activity"}


def test_the_addresses_are_those_of_the_routes() -> None:
    assert first_cells("Addresses") == {entry.path for entry in routes.ENDPOINTS}


async def test_every_address_answers(faces: Faces) -> None:
    home, when = faces.channels.home(), faces.clock.now()
    post = await faces.federation.posts.publish(home, "Ahoy")
    ann, quoting = "https://remote.example/ann", "https://remote.example/1"
    await QuoteRow.create(
        id="q", channel_id=home.id, post_id=post.id, quoting=quoting, actor=ann, inbox=f"{ann}/inbox", at=when
    )
    asked: dict[str, str] = {"/.well-known/webfinger": "?resource=acct:streamer@node.example"}
    async with faces.client() as http:
        for entry in routes.ENDPOINTS:
            path = entry.path.format(name="streamer", post_id=post.id, quote_id="q")
            answer = await http.request(
                entry.method, path + asked.get(entry.path, ""), headers={"Accept": ACTIVITY_JSON}
            )
            # an inbox answers a POST without a body, too: that it is none
            assert answer.status_code == (200 if entry.method == "GET" else 415), entry.path


async def test_when_it_is_off_nothing_answers(faces: Faces) -> None:
    await faces.settings.change("federation.enabled", False)
    async with faces.client() as http:
        for entry in routes.ENDPOINTS:
            path = entry.path.format(name="streamer", post_id="abc", quote_id="q")
            answer = await http.request(entry.method, path, headers={"Accept": ACTIVITY_JSON})
            assert answer.status_code == (404 if "host-meta" in path else 405), path


async def test_the_actor_has_the_members_that_the_page_names(faces: Faces) -> None:
    said = re.findall(r"`([a-z][A-Za-z.]+)`", section("Actors").partition("The node's own")[0])
    async with faces.client() as http:
        document = (await http.get("/federation/user/streamer", headers={"Accept": ACTIVITY_JSON})).json()
    for name in said:
        inside: Any = document
        for part in name.split("."):
            assert part in inside, f"{name} is said to be in the actor"
            inside = inside[part]


def test_times_of_notices_are_those_of_the_code() -> None:
    said = section("When a stream begins")
    delay_s, cooldown_s = (BY_NAME[f"notice.{name}_s"].default for name in ("delay", "cooldown"))
    assert isinstance(delay_s, int)
    assert isinstance(cooldown_s, int)
    for text, time_s in (
        ("posted {} min after the start", delay_s / 60),
        ("within {} min of the end", cooldown_s / 60),
        ("stays so for {} s", lifecycle.DEBOUNCE.total_seconds()),
        ("delivered any more after {} min", service.EXPIRES.total_seconds() / 60),
    ):
        assert text.format(f"{time_s:g}") in said
    assert BY_NAME["notice.picture"].default == "card"
    assert BY_NAME["notice.at_end"].default == "update"


def test_reasons_and_statuses_are_those_of_the_code() -> None:
    said = {
        reason: int(status[:3])
        for cell, status in table("What is refused").items()
        for reason in re.findall("`([^`]+)`", cell)
    }
    made = {str(reason): status for reason, status in STATUS.items()}
    made |= {word: FACE_STATUS[kind] for kind, word in UNREAD.items()} | {"too-many": FACE_STATUS[TooMany]}
    assert said == made


def test_the_limits_are_those_of_the_code() -> None:
    json, budget, request_limits = strictjson.LIMITS, FetchLimits(), HttpLimits()
    assert inbox.MAX_BODY == request_limits.body == json.size
    assert table("Limits") == {
        "body of a POST, a document that is fetched": f"{json.size // 2**20} MiB",
        "time for a body to arrive": f"{endpoints.BODY_TIME_S:.0f} s",
        "depth of JSON": f"{json.depth}",
        "members of all objects in JSON": f"{json.keys}",
        "items of all lists in JSON": f"{json.items}",
        "digits of a whole number in JSON": f"{strictjson.MAX_DIGITS}",
        "length of a URL or id": f"{urls.MAX_URL} characters",
        "headers": f"{request.MAX_HEADERS}",
        "age of a signature, either way": f"{parsed_signature.WINDOW_S // 60} min",
        "RSA keys": f"{keys.MIN_BITS} to {keys.MAX_BITS} bits",
        "keys of an actor": f"{actor.MAX_KEYS}",
        "activities of one host": rate(inbox_service.BURST, inbox_service.PER_S, "second"),
        **{
            f"{what} of one {who}": rate(bucket.burst, bucket.per_s * 60, "minute")
            for kind, what in PACED.items()
            for who, bucket in (("actor", rate_limits.PACES[kind].actor), ("host", rate_limits.PACES[kind].host))
        },
        "replies and mentions that wait for the admin": (
            f"{replies.MAX_HELD_OF_ONE} of one actor, {replies.MAX_HELD} in all"
        ),
        "reports of one host": rate(reports.BURST, reports.PER_S * 3600, "hour"),
        "fetches from one host": f"{budget.fetches * 60 / budget.period_s:.0f} a minute",
        "redirects": f"{redirects.LIMITS.count}",
        "time for a request of ours": f"{request_limits.total_s:.0f} s",
        "items of a page of ours": f"{documents.PAGE}",
        "text of a post": f"{compose.MAX_TEXT} characters",
        "pictures of a post": f"{compose.MAX_PICTURES}",
        "mentions of a post": f"{compose.MAX_MENTIONS}",
    }
    assert f"remembered for {remote_actors.SEEN_FOR.days} days" in section("In")


def test_attempts_and_pauses_are_those_of_the_code() -> None:
    attempts = ", ".join(map(spoken, backoff.FEDERATION.delays_s))
    said = section("Delivery")
    assert f"made after {attempts}." in said
    pauses = f"left alone for {spoken(circuit_breaker.PAUSE_S)}, later for up to {spoken(circuit_breaker.MAX_PAUSE_S)}"
    assert (
        f"fails {circuit_breaker.FAILURES} times in a row is {pauses}; after failures on {circuit_breaker.DAYS} days"
        in said
    )
    assert f"`Retry-After` of up to {spoken(backoff.MAX_RETRY_AFTER_S)}" in said


PACED = {
    "Create": "posts, and as many edits,",
    "Like": "likes, shares and reactions, and as many of what is undone,",
    "Delete": "deletions",
    "Follow": "follows, and as many answers and blocks,",
    "Flag": "other activities of each kind",
}
"""One kind for each rate limit of `federation/rate_limits.py`, and its name on the page."""


def rate(burst: float, then: float, unit: str) -> str:
    return f"{burst:.0f} at once, {then:.0f} a{'n' if unit == 'hour' else ''} {unit} in the long run"


def spoken(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def test_the_feps_are_those_that_the_source_obeys() -> None:
    obeyed = {
        fep
        for module in modules(folders=("activitypub", "fedistream")).values()
        for fep in re.findall(r"FEP[-_]([0-9a-fA-F]{4})\b|FEP_([0-9A-F]{4})_", module.text)
    }
    told = {fep.lower() for pair in obeyed for fep in pair if fep}
    said = set(re.findall(r"\[FEP-([0-9a-f]{4})\]", section("Supported FEPs")))
    assert said == told | {"67ff"}
