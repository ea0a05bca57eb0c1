"""We as a directory: who is asked, whose answer counts, what is believed, and when a server is taken for offline."""

import asyncio
from collections.abc import AsyncIterator
from secrets import token_hex
from typing import Any

import pytest

from activitypub import directory, nodeinfo
from activitypub.directory import CAPABILITY, NS, StreamStatus
from activitypub.nodeinfo import NodeInfo
from activitypub.strictjson import Json
from activitypub.webfinger import Handle, actor_jrd, write_jrd
from fedistream.core.errors import Conflict, Invalid, NotFound
from fedistream.core.events import SettingChanged
from fedistream.db import Database, atomic
from fedistream.federation.directory.listed import MAX_SERVERS
from fedistream.federation.models import FeaturedServerRow
from fedistream.federation.values import Featured, FeaturedState, FederationProblem, Off
from tests.kit.federated import LIVE, ORIGIN, Federated, federated
from tests.kit.invalid import invalid
from tests.kit.signing import rsa_key

NEWS = StreamStatus(True, "Slow boats", "All day", "Quiet Waters", "https://far.example/logo", "", ("boats",))


@pytest.fixture
async def node(database: Database) -> AsyncIterator[Federated]:
    """Ann's server lets itself be featured, and ann speaks for it."""
    async with federated() as made:
        show(made)
        yield made


def show(node: Federated, **federation: Any) -> None:
    origin, authority = node.ann.server.origin, node.ann.server.authority
    facts = NodeInfo("faraway", "1", metadata={"federation": {"username": "ann", CAPABILITY: 1, **federation}})
    node.ann.pages = {
        "/.well-known/nodeinfo": nodeinfo.write_index(origin),
        "/nodeinfo/2.1": nodeinfo.write_document("2.1", facts),
        "/.well-known/webfinger": write_jrd(actor_jrd(Handle("ann", authority), node.ann.id, page=f"{origin}/")),
    }


async def add(node: Federated) -> Featured:
    return await node.feature.servers.add(node.home, node.ann.server.origin)


async def answer(node: Federated, kind: str = "Accept", **more: Any) -> None:
    row = await FeaturedServerRow.get()
    assert await node.take(node.ann.activity(kind, row.follow, **more)) == "taken"


async def accepted(node: Federated) -> None:
    await add(node)
    await answer(node)


async def offer(node: Federated, news: StreamStatus = NEWS, **more: Any) -> str:
    origin = node.ann.server.origin
    made = directory.write_offer(f"{node.ann.id}#offer/{token_hex(4)}", node.ann.id, origin, news, [])
    return await node.take({**made, **more})


async def only(node: Federated) -> Featured:
    (found,) = await node.feature.servers.all()
    return found


async def test_a_server_is_asked_and_waits_until_it_answers(node: Federated) -> None:
    await node.settings.change("channel.name", "The list")
    made = await add(node)
    assert (made.state, made.url, made.actor) == (FeaturedState.PENDING, node.ann.server.origin, node.ann.id)
    assert (made.name, made.online) == ("Ann <b>of</b> elsewhere", False)
    ((inbox, follow),) = await node.sent()
    assert (inbox, follow["type"], follow["actor"], follow["object"]) == (
        f"{node.ann.id}/inbox",
        "Follow",
        LIVE,
        node.ann.id,
    )
    assert (follow[f"{NS}directory"], follow[f"{NS}serverName"]) == (True, "The list")
    assert await node.feature.servers.shown() == ()
    await answer(node)
    (shown,) = await node.feature.servers.shown()
    assert shown.state is FeaturedState.ACCEPTED
    assert shown.followed_at is not None


@pytest.mark.parametrize("echo", ["whole", "id", "without id"])
async def test_an_answer_may_echo_the_follow_in_any_way(node: Federated, echo: str) -> None:
    await add(node)
    row = await FeaturedServerRow.get()
    shown = {
        "whole": row.follow,
        "id": row.follow["id"],
        "without id": {name: value for name, value in row.follow.items() if name != "id"},
    }[echo]
    assert await node.take(node.ann.activity("Accept", shown)) == "taken"
    assert (await only(node)).state is FeaturedState.ACCEPTED


async def test_an_answer_to_what_we_did_not_ask_counts_for_nothing(node: Federated) -> None:
    for thing in (f"{LIVE}#follow/made-up", {"type": "Follow", "actor": LIVE, "object": node.ann.id}):
        assert await node.take(node.ann.activity("Accept", thing)) == "taken"
    assert await node.feature.servers.all() == ()
    await add(node)
    other = {"type": "Follow", "actor": f"{ORIGIN}/federation/user/other", "object": node.ann.id}
    for thing in (f"{LIVE}#follow/made-up", other):
        assert await node.take(node.ann.activity("Accept", thing)) == "taken"
    assert (await only(node)).state is FeaturedState.PENDING


async def test_an_answer_of_somebody_else_counts_for_nothing(node: Federated) -> None:
    await add(node)
    await FeaturedServerRow.all().update(actor="https://far.example/users/bob")
    await answer(node)
    assert (await only(node)).state is FeaturedState.PENDING


async def test_an_answer_that_somebody_else_signed_is_refused(node: Federated) -> None:
    await add(node)
    row = await FeaturedServerRow.get()
    forged = type(node.ann.key)(node.ann.key.key_id, rsa_key("somebody else"))
    assert await node.take(node.ann.activity("Accept", row.follow), by=forged) == "signature"
    assert (await only(node)).state is FeaturedState.PENDING


async def test_a_server_that_declined_is_not_shown_and_its_status_is_ignored(node: Federated) -> None:
    await accepted(node)
    await offer(node)
    await answer(node, "Reject")
    found = await only(node)
    assert (found.state, found.online) == (FeaturedState.REJECTED, False)
    assert await node.feature.servers.shown() == ()
    await offer(node, StreamStatus(True, "again"))
    assert (await only(node)).title == "Slow boats"


async def test_what_a_featured_server_says_is_shown(node: Federated) -> None:
    await accepted(node)
    assert await offer(node) == "taken"
    (found,) = await node.feature.servers.shown()
    assert (found.online, found.title, found.description, found.name) == (True, "Slow boats", "All day", "Quiet Waters")
    assert (found.logo, found.thumbnail, found.tags) == ("https://far.example/logo", "", ("boats",))
    assert found.online_at is not None
    assert found.online_at == found.status_at
    assert (
        await node.take(directory.write_leave(f"{node.ann.id}#l", node.ann.id, node.ann.server.origin, [])) == "taken"
    )
    (found,) = await node.feature.servers.shown()
    assert (found.online, found.title) == (False, "Slow boats")


async def test_an_offer_may_say_that_it_is_over(node: Federated) -> None:
    await accepted(node)
    await offer(node)
    await offer(node, StreamStatus(False, "Off"))
    found = await only(node)
    assert (found.online, found.title, found.name) == (False, "Off", "Quiet Waters")


async def test_a_server_that_says_nothing_for_long_is_offline(node: Federated) -> None:
    await accepted(node)
    await offer(node)
    node.clock.ahead += 600
    assert (await only(node)).online
    node.clock.ahead += 600
    assert not (await only(node)).online
    await offer(node)
    assert (await only(node)).online


async def test_a_status_of_a_server_without_an_accept_is_ignored(node: Federated) -> None:
    assert await offer(node) == "taken"
    assert await node.feature.servers.all() == ()
    await add(node)
    await offer(node, StreamStatus(True, "early"))
    found = await only(node)
    assert (found.online, found.title) == (False, "")


async def test_nobody_speaks_for_another_server(node: Federated) -> None:
    await accepted(node)
    assert await offer(node, object="https://victim.example") == "foreign"
    assert not (await only(node)).online


async def test_what_a_server_says_is_plain_text(node: Federated) -> None:
    await accepted(node)
    bad = "<script>alert(1)</script><b>bold</b>"
    await offer(node, StreamStatus(True, bad, bad, bad, tags=(bad,)))
    found = await only(node)
    assert found.title == found.description == found.name == found.tags[0] == bad


async def test_the_longest_words_fit(node: Federated) -> None:
    await accepted(node)
    long = "&" * 5000
    assert await offer(node, StreamStatus(True, long, long, long, tags=(long,) * 50)) == "taken"
    assert (await only(node)).online


async def test_a_removed_featured_server_gets_an_undo(node: Federated) -> None:
    await accepted(node)
    found = await only(node)
    await node.feature.servers.remove(found.id)
    (_, follow), (inbox, undo) = await node.sent()
    assert (inbox, undo["type"], undo["actor"], undo["object"]["id"]) == (
        f"{node.ann.id}/inbox",
        "Undo",
        LIVE,
        follow["id"],
    )
    assert await node.feature.servers.all() == ()
    with pytest.raises(NotFound):
        await node.feature.servers.remove(found.id)
    await add(node)


async def test_a_server_is_in_the_list_once(node: Federated) -> None:
    await add(node)
    with pytest.raises(Conflict, match="server-listed"):
        await add(node)
    assert len(await node.sent()) == 1


async def test_the_list_has_an_end(node: Federated) -> None:
    await add(node)
    row = await FeaturedServerRow.get()
    values = {name: getattr(row, name) for name in row._meta.fields if name not in ("id", "actor")}
    rows = [FeaturedServerRow(actor=f"https://far.example/{n}", **values) for n in range(MAX_SERVERS)]
    await row.delete()
    await FeaturedServerRow.bulk_create(rows)
    with pytest.raises(Conflict, match="many-servers"):
        await add(node)


@pytest.mark.parametrize(
    "url", ["", "not a host", "ftp://far.example", "https://", "https://user@far.example", "x" * 3000]
)
async def test_what_is_no_address_is_refused(node: Federated, url: str) -> None:
    with invalid("must be the address"):
        await node.feature.servers.add(node.home, url)


async def test_this_server_and_blocked_ones_cannot_be_featured(node: Federated) -> None:
    with invalid("this server itself"):
        await node.feature.servers.add(node.home, "node.example")
    await node.settings.change("federation.blocked_domains", ["far.example"])
    node.feature.federation.on_setting_changed(SettingChanged("federation.blocked_domains", None, node.clock.now()))
    with invalid("blocked here"):
        await node.feature.servers.add(node.home, "tv.far.example")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "https://10.0.0.1", "https://localhost"])
async def test_inner_addresses_are_not_asked(node: Federated, url: str) -> None:
    with invalid("cannot be reached"):
        await node.feature.servers.add(node.home, url)


async def test_a_server_that_does_not_let_itself_be_featured_is_told_apart(node: Federated) -> None:
    show(node, featuredStreams=0)
    with invalid("lets itself be featured"):
        await add(node)
    assert await node.feature.servers.all() == ()


async def test_an_actor_without_an_inbox_of_its_own_is_not_asked(node: Federated) -> None:
    document: Json = {**node.ann.document()}
    document.pop("publicKey")
    node.ann.pages["/users/ann"] = document
    with pytest.raises(Invalid):
        await add(node)


async def test_while_federation_is_off_nobody_is_asked(node: Federated) -> None:
    await node.settings.change("federation.enabled", False)
    with pytest.raises(Off):
        await add(node)


async def test_our_nodeinfo_says_that_we_may_be_featured_under_our_own_name(node: Federated) -> None:
    document = await node.feature.documents.nodeinfo("2.1")
    assert document["software"]["name"] == "fedistream"
    assert document["metadata"]["federation"] == {"username": "streamer", "featuredStreams": 1}


async def test_two_concurrent_additions_of_a_server_end_as_one_and_a_conflict(node: Federated) -> None:
    found = await asyncio.gather(add(node), add(node), return_exceptions=True)
    assert sorted(type(each).__name__ for each in found) == ["Conflict", "Featured"]
    assert len(await node.sent()) == 1


async def test_what_is_shown_does_not_follow_a_transaction_that_fails(node: Federated) -> None:
    await accepted(node)
    servers = node.feature.servers
    (shown,) = await servers.shown()

    async def fail() -> None:
        await servers.remove(shown.id)
        await servers.shown()
        raise NotFound(FederationProblem.NO_POST)

    with pytest.raises(NotFound):
        await atomic(fail)
    assert await servers.shown() == (shown,)
