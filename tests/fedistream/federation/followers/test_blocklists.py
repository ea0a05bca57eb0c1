"""Blocking domains: lists in and out, followers who are sent away, and what is hidden meanwhile."""

import time
from collections.abc import AsyncIterator

import pytest

from activitypub.network.guard import Guard
from fedistream.core.events import SettingChanged
from fedistream.db import Database, atomic
from fedistream.federation.models import FollowerRow, RemoteActorRow
from fedistream.federation.remote_actors import set_handle
from fedistream.federation.values import Kind
from fedistream.settings.checks import MAX_DOMAINS
from tests.kit.federated import LIVE, Federated, federated
from tests.kit.invalid import invalid

HERE = "127.0.0.1"
BLOCKED = "federation.blocked_domains"
PEOPLE = "federation.blocked_accounts"


@pytest.fixture
async def node(database: Database) -> AsyncIterator[Federated]:
    async with federated() as made:
        yield made


async def change(node: Federated, name: str, value: object) -> None:
    """Change a setting, with the reactions of the front process and of the worker."""
    await node.settings.change(name, value)
    fact = SettingChanged(name, None, node.clock.now())
    assert node.feature.policies.blocklists.applies_to(fact)
    node.feature.federation.on_setting_changed(fact)
    await node.feature.policies.blocklists.enforce(fact)


async def test_a_list_adds_what_is_not_blocked_and_says_so_before(node: Federated) -> None:
    blocklists = node.feature.policies.blocklists
    await node.settings.change(BLOCKED, ["bad.example"])
    text = "#domain,#severity\nbad.example,suspend\nworse.example,suspend\nmild.example,silence\n"
    for dry in (True, False):
        found = await blocklists.take(text, dry=dry)
        assert (found.new, found.known, found.milder) == (1, 1, 1)
        assert node.settings.value(BLOCKED) == ["bad.example"] + ([] if dry else ["worse.example"])
    assert (await blocklists.take(blocklists.give(), dry=False)).new == 0


async def test_a_list_cannot_make_it_more_than_is_allowed(node: Federated) -> None:
    text = "\n".join(f"{number}.example" for number in range(MAX_DOMAINS + 1))
    with invalid("more than"):
        await node.feature.policies.blocklists.take(text, dry=True)


async def test_followers_from_a_blocked_domain_are_sent_away_with_a_word(node: Federated) -> None:
    await node.follow()
    node.names()
    await change(node, BLOCKED, [HERE])
    assert await FollowerRow.all().count() == 0
    inbox, reject = (await node.sent())[-1]
    assert (inbox, reject["type"]) == (f"{node.ann.id}/inbox", "Reject")
    assert node.names()[-1] == "follower.removed"
    assert await node.take(node.ann.activity("Follow", LIVE)) == "blocked"
    count = len(await node.sent())
    await change(node, BLOCKED, [HERE, "bad.example"])  # as after a crash, or with another one
    assert len(await node.sent()) == count


async def test_what_they_did_is_hidden_and_shown_again(node: Federated) -> None:
    post = (await node.feature.posts.publish(node.home, "Hello")).url
    await node.take(node.ann.activity("Like", post))
    engagements, seen = node.feature.engagements, []
    for domains in ([], [HERE], []):
        await change(node, BLOCKED, domains)
        seen.append((await engagements.count(post, Kind.LIKE), (await engagements.page(node.home.id)).total))
    assert seen == [(1, 1), (0, 0), (1, 1)]


async def test_by_the_setting_only_known_domains_are_heard(node: Federated) -> None:
    await node.follow()
    await change(node, "federation.known_domains", ["friends.example", HERE])
    await change(node, "federation.known_only", True)
    assert await node.take(node.ann.activity("View", LIVE)) == "taken"
    await change(node, "federation.known_domains", ["friends.example"])
    assert await FollowerRow.all().count() == 0
    assert await node.take(node.ann.activity("View", LIVE)) == "blocked"


async def test_when_federation_is_off_nobody_is_told(node: Federated) -> None:
    await node.follow()
    await node.settings.change("federation.enabled", False)
    count = len(await node.sent())
    await change(node, BLOCKED, [HERE])
    assert len(await node.sent()) == count


async def test_a_long_list_beside_a_long_one_takes_no_time(node: Federated) -> None:
    known = [f"{number}.known.example" for number in range(MAX_DOMAINS)]
    await node.settings.change(BLOCKED, known)
    text = "\n".join((*known, *(f"{number}.new.example" for number in range(40_000))))
    start = time.process_time()
    with invalid("more than"):
        await node.feature.policies.blocklists.take(text, dry=True)
    assert time.process_time() - start < 5  # of a loop that serves nobody else; by looking through a list, 2,000 lines
    # beside 4,000 took 0.54 s, and it grows with both


async def test_a_visitor_enabled_by_another_process_stays_connected(node: Federated) -> None:
    await node.follow()
    await node.feature.federation.block(node.home, node.ann.id)
    async with federated(Guard(frozenset({node.ann.server.authority}))) as worker:
        await node.feature.federation.approve(node.home, node.ann.id)
        fact = SettingChanged(BLOCKED, None, node.clock.now())
        await worker.feature.policies.blocklists.enforce(fact)
        assert [row.state for row in await FollowerRow.all()] == ["accepted"]
        await node.feature.federation.block(node.home, node.ann.id)
        await worker.feature.policies.blocklists.enforce(fact)
        assert (await RemoteActorRow.get(url=node.ann.id)).hidden


async def test_a_follower_removed_by_another_process_may_follow_again_with_the_same_id(node: Federated) -> None:
    follow = await node.follow()
    async with federated(Guard(frozenset({node.ann.server.authority}))) as worker:
        for domains in ([HERE], []):
            await node.settings.change(BLOCKED, domains)
            fact = SettingChanged(BLOCKED, None, node.clock.now())
            node.feature.federation.on_setting_changed(fact)
            await worker.settings.load()
            await worker.feature.policies.blocklists.enforce(fact)
            assert await FollowerRow.all().count() == 0
    assert await node.take(follow) == "taken"
    assert [row.state for row in await FollowerRow.all()] == ["accepted"]
    assert await node.take(follow) == "taken"
    assert node.feature.federation.counts["ignored replay"] == 1


async def test_a_block_list_of_accounts_blocks_known_and_unknown_actors(node: Federated) -> None:
    await node.follow()
    handle = f"ann@{node.ann.server.authority}"
    found = await node.feature.policies.blocklists.take(f"{handle.upper()}\nnobody@far.example\n", dry=False)
    assert (found.new, found.known) == (2, 0)
    assert node.settings.value(PEOPLE) == [handle, "nobody@far.example"]
    await change(node, PEOPLE, [handle])
    assert await FollowerRow.all().count() == 0
    assert (await node.sent())[-1][1]["type"] == "Reject"
    assert await node.take(node.ann.activity("Follow", LIVE)) == "blocked"
    await change(node, PEOPLE, [])
    assert await node.take(node.ann.activity("Follow", LIVE)) == "taken"


async def test_an_unknown_actor_with_a_blocked_handle_is_refused_and_remembered(node: Federated) -> None:
    await change(node, PEOPLE, [f"ann@{node.ann.server.authority}"])
    assert await node.take(node.ann.activity("Follow", LIVE)) == "blocked"
    asked = len(node.ann.server.asked)
    assert await node.take(node.ann.activity("Follow", LIVE)) == "blocked"
    assert len(node.ann.server.asked) == asked  # not fetched again
    assert (await RemoteActorRow.all().count(), await FollowerRow.all().count()) == (0, 0)
    assert node.feature.federation.counts["refused blocked"] == 2


async def test_whose_handle_is_taken_off_the_list_is_heard_again_though_a_worker_enforces_it(node: Federated) -> None:
    handle = f"ann@{node.ann.server.authority}"
    await node.follow()
    async with federated(Guard(frozenset({node.ann.server.authority}))) as worker:
        for people, answer in (([handle], "blocked"), ([], "taken")):
            await node.settings.change(PEOPLE, people)
            fact = SettingChanged(PEOPLE, None, node.clock.now())
            node.feature.federation.on_setting_changed(fact)
            await worker.settings.load()
            await worker.feature.policies.blocklists.enforce(fact)
            assert await node.take(node.ann.activity("Follow", LIVE)) == answer
    assert await FollowerRow.all().count() == 1


async def test_a_blocked_handle_confirmed_by_webfinger_removes_the_follower(node: Federated) -> None:
    await change(node, PEOPLE, ["ann@short.example"])
    follow = await node.follow()
    await node.feature.federation.block_by_handle(node.ann.id, "eve@short.example")
    assert await FollowerRow.all().count() == 1
    await atomic(set_handle, node.ann.id, "Ann@short.example")
    await node.feature.federation.block_by_handle(node.ann.id, "Ann@short.example")
    assert await FollowerRow.all().count() == 0
    assert (await node.sent())[-1][1]["type"] == "Reject"
    assert (await RemoteActorRow.get(url=node.ann.id)).hidden
    assert await node.take(follow) == "blocked"


async def test_somebody_else_of_the_same_server_is_heard(node: Federated) -> None:
    await change(node, PEOPLE, [f"eve@{node.ann.server.authority}", "ann@other.example"])
    assert await node.take(node.ann.activity("Follow", LIVE)) == "taken"
    assert await FollowerRow.all().count() == 1
