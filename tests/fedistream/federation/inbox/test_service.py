"""The inbox on both databases: activities signed by a real peer, whose actor is fetched over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from activitypub.signatures import Scheme
from activitypub.signatures.keys import SigningKey
from fedistream.core.errors import NotFound, TooMany
from fedistream.core.events import FollowReceived, PostLiked, SettingChanged
from fedistream.db import Database, statement
from fedistream.federation.engagements import UNDONE_FOR
from fedistream.federation.models import EngagementRow, FollowerRow, RemoteActorRow, SeenActivityRow
from fedistream.federation.rate_limits import PACES
from fedistream.federation.remote_actors import drop_inbox
from fedistream.federation.values import Kind, Off, State
from tests.kit.federated import LIVE, ORIGIN, Federated, federated
from tests.kit.signing import rsa_key


@pytest.fixture
async def node(database: Database) -> AsyncIterator[Federated]:
    async with federated() as made:
        yield made


async def states(node: Federated) -> list[str]:
    return [str(row.state) for row in await FollowerRow.all()]


@pytest.mark.parametrize("scheme", Scheme)
async def test_a_follow_is_accepted_with_the_follow_echoed(node: Federated, scheme: Scheme) -> None:
    follow = node.ann.activity("Follow", LIVE)
    assert await node.take(follow, scheme=scheme) == "taken"
    ((inbox, accept),) = await node.sent()
    assert inbox == f"{node.ann.id}/inbox"
    assert (accept["type"], accept["actor"], accept["object"]["id"]) == ("Accept", LIVE, follow["id"])
    (fact,) = node.facts.emitted
    assert isinstance(fact, FollowReceived)
    assert (fact.actor, fact.state, fact.handle) == (node.ann.id, "accepted", f"ann@{node.ann.server.authority}")
    page = await node.feature.followers.page(node.home.id, State.ACCEPTED)
    assert (page.total, page.items[0].actor) == (1, node.ann.id)


async def test_what_was_seen_once_is_not_acted_on_again(node: Federated) -> None:
    follow = await node.follow()
    assert await node.take(follow) == "taken"
    assert node.feature.federation.counts == {"done Follow": 1, "ignored replay": 1}
    assert len(await node.sent()) == 1


async def test_the_same_activity_twice_at_once_is_acted_on_once(node: Federated) -> None:
    await node.take(node.ann.activity("View", LIVE))  # which fetches the key
    follow = node.ann.activity("Follow", LIVE)
    assert list(await asyncio.gather(node.take(follow), node.take(follow))) == ["taken", "taken"]
    assert len(await node.sent()) == 1
    assert await SeenActivityRow.all().count() == 1


async def test_a_second_follow_is_accepted_again_and_is_no_second_follower(node: Federated) -> None:
    await node.follow()
    second = await node.follow()
    assert (await node.sent())[-1][1]["object"]["id"] == second["id"]
    assert await states(node) == ["accepted"]
    assert node.names() == ["follow.received"]


async def test_in_a_private_channel_a_follow_waits_for_the_admin(node: Federated) -> None:
    await node.settings.change("federation.private", True)
    follow = await node.follow()
    assert (await states(node), await node.sent()) == (["pending"], [])
    node.names()
    await node.feature.federation.approve(node.home, node.ann.id)
    assert await states(node) == ["accepted"]
    assert (await node.sent())[0][1]["object"] == {k: v for k, v in follow.items() if k != "@context"}
    assert node.names() == ["follow.approved"]


async def test_a_blocked_actor_gets_a_reject_and_is_refused_from_then_on(node: Federated) -> None:
    await node.follow()
    await node.feature.federation.block(node.home, node.ann.id)
    assert (await states(node), (await node.sent())[-1][1]["type"]) == (["blocked"], "Reject")
    assert await node.take(node.ann.activity("Follow", LIVE)) == "blocked"
    await node.feature.federation.approve(node.home, node.ann.id)
    assert (await states(node), (await node.sent())[-1][1]["type"]) == (["accepted"], "Accept")
    assert node.names() == ["follow.received", "follower.removed", "follow.approved"]


async def test_a_removed_follower_may_follow_again(node: Federated) -> None:
    follow = await node.follow()
    await node.feature.federation.remove(node.home, node.ann.id)
    assert (await states(node), (await node.sent())[-1][1]["type"]) == ([], "Reject")
    assert await node.take(follow) == "taken"
    assert await states(node) == ["accepted"]
    with pytest.raises(NotFound):
        await node.feature.federation.remove(node.home, "https://nobody.example/")


@pytest.mark.parametrize("embedded", [True, False])
async def test_an_undo_ends_a_follow_embedded_or_by_its_id(node: Federated, embedded: bool) -> None:
    follow = await node.follow()
    assert await node.take(node.ann.activity("Undo", follow if embedded else follow["id"])) == "taken"
    assert await states(node) == []
    assert node.names() == ["follow.received", "follower.removed"]
    # some servers give each follow of one account by another the same id
    assert await node.take(follow) == "taken"
    assert await states(node) == ["accepted"]


async def test_a_blocked_domain_is_not_even_fetched_from(node: Federated) -> None:
    await node.settings.change("federation.blocked_domains", [node.ann.server.authority.partition(":")[0]])
    node.feature.federation.on_setting_changed(SettingChanged("federation.blocked_domains", None, node.clock.now()))
    assert await node.take(node.ann.activity("Follow", LIVE)) == "blocked"
    assert node.ann.server.asked == []


async def test_a_follow_signed_by_another_key_changes_nothing(node: Federated) -> None:
    forged = SigningKey(node.ann.key.key_id, rsa_key("a thief"))
    assert await node.take(node.ann.activity("Follow", LIVE), by=forged) == "signature"
    assert node.feature.federation.counts == {"refused signature": 1}
    assert (await states(node), await RemoteActorRow.all().count(), node.names()) == ([], 0, [])


async def test_likes_and_shares_of_our_posts_are_recorded_once(node: Federated) -> None:
    post = (await node.feature.posts.publish(node.home, "We are **on**")).document["id"]
    likes = [node.ann.activity("Like", post), node.ann.activity("Like", post)]
    for each in (*likes, node.ann.activity("Announce", post), node.ann.activity("EmojiReact", post, content="🔥")):
        assert await node.take(each) == "taken"
    facts = list(node.facts.emitted)
    assert node.names() == ["post.liked", "post.shared", "post.liked"]
    assert isinstance(facts[2], PostLiked)
    assert (facts[2].reaction, facts[2].display_name) == ("🔥", "Ann <b>of</b> elsewhere")
    assert await node.feature.engagements.count(post, Kind.LIKE, Kind.REACTION) == 2
    assert await node.take(node.ann.activity("Undo", likes[1])) == "taken"
    assert await node.feature.engagements.count(post, Kind.LIKE) == 0
    assert (await node.feature.engagements.page(node.home.id)).total == 2


async def test_likes_of_what_is_not_ours_are_not_recorded(node: Federated) -> None:
    for thing in ("https://other.example/1", "https://node.example/federation/none", LIVE):
        assert await node.take(node.ann.activity("Like", thing)) == "taken"
    assert (await EngagementRow.all().count(), node.names()) == (0, [])


async def test_posts_go_to_each_inbox_of_the_followers_once(node: Federated) -> None:
    await node.follow()
    post = await node.feature.posts.publish(node.home, "Live *now*")
    inbox, create = (await node.sent())[-1]
    assert inbox == f"{node.ann.server.origin}/inbox"
    assert (create["type"], create["object"]["content"]) == ("Create", "<p>Live <em>now</em></p>")
    assert create["cc"] == [f"{LIVE}/followers"]
    assert create["object"]["id"] == post.document["id"]


async def test_a_deleted_actor_is_removed(node: Federated) -> None:
    post = (await node.feature.posts.publish(node.home, "Hello")).document["id"]
    await node.follow()
    await node.take(node.ann.activity("Like", post))
    node.names()
    node.clock.ahead += 100_000  # the key is not in memory any more
    await RemoteActorRow.all().update(document={})  # nor readable in its row
    node.ann.gone = True
    assert await node.take(node.ann.activity("Delete", node.ann.id)) == "taken"
    assert (
        await RemoteActorRow.all().count() == await FollowerRow.all().count() == await EngagementRow.all().count() == 0
    )
    assert node.names() == ["follower.removed"]


async def test_deletes_of_strangers_cost_nothing(node: Federated) -> None:
    assert await node.take(node.ann.activity("Delete", node.ann.id)) == "taken"
    assert node.ann.server.asked == []


async def test_a_new_profile_is_taken_over(node: Federated) -> None:
    await node.follow()
    node.ann.profile["hashtags"] = (("#clay", "https://remote.example/tags/clay"),)
    changed = node.ann.document() | {"name": "Anna"}
    assert await node.take(node.ann.activity("Update", changed)) == "taken"
    assert (await node.feature.followers.page(node.home.id, State.ACCEPTED)).items[0].name == "Anna"


async def test_an_actor_that_blocks_us_is_no_longer_a_follower(node: Federated) -> None:
    await node.follow()
    assert await node.take(node.ann.activity("Block", LIVE)) == "taken"
    assert await states(node) == []
    assert len(await node.sent()) == 1


async def test_the_rate_limit_of_one_type_leaves_other_activities(node: Federated) -> None:
    async def flood() -> None:
        while True:
            await node.take(node.ann.activity("View", LIVE))

    with pytest.raises(TooMany):
        await flood()
    assert node.feature.federation.counts["ignored View"] >= PACES["View"].actor.burst  # more as time goes on
    await node.follow()


async def test_nothing_is_taken_when_federation_is_off(node: Federated) -> None:
    await node.settings.change("federation.enabled", False)
    with pytest.raises(Off):
        await node.take(node.ann.activity("Follow", LIVE))


async def test_what_was_heard_long_ago_is_forgotten(node: Federated) -> None:
    await node.follow()
    await node.feature.federation.prune()
    assert await SeenActivityRow.all().count() == 1
    node.clock.ahead += 9 * 86_400
    await node.feature.federation.prune()
    assert await SeenActivityRow.all().count() == 0


async def test_what_was_undone_long_ago_is_forgotten_by_the_sweep(node: Federated) -> None:
    post = (await node.feature.posts.publish(node.home, "Hello")).url
    like = node.ann.activity("Like", post)
    await node.take(like)
    await node.take(node.ann.activity("Undo", like))
    for ahead, left in ((UNDONE_FOR - timedelta(hours=1), 1), (timedelta(hours=2), 0)):
        node.clock.ahead += ahead.total_seconds()
        await node.feature.federation.prune()
        assert await EngagementRow.all().count() == left


async def test_a_gone_inbox_removes_its_followers_but_keeps_blocks(node: Federated) -> None:
    await node.follow()
    await node.feature.federation.block(node.home, node.ann.id)
    await drop_inbox(f"{node.ann.id}/inbox")
    assert await states(node) == ["blocked"]
    await node.feature.federation.approve(node.home, node.ann.id)
    await drop_inbox(f"{node.ann.id}/inbox")
    assert await states(node) == []
    assert await RemoteActorRow.all().count() == 0


async def test_a_database_that_fails_for_once_does_not_end_what_goes_on_beside(
    node: Federated, caplog: pytest.LogCaptureFixture
) -> None:
    await statement.change("ALTER TABLE seen_activity RENAME TO away", {})
    running = asyncio.create_task(node.feature.run())
    async with asyncio.timeout(30):
        while "could not be deleted" not in caplog.text and not running.done():
            await asyncio.sleep(0.01)
    await asyncio.sleep(0)
    assert not running.done()
    await statement.change("ALTER TABLE away RENAME TO seen_activity", {})
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_start_with_a_clock_far_ahead_forgets_nothing(node: Federated) -> None:
    await node.follow()
    assert await SeenActivityRow.all().count() == 1
    node.clock.ahead += 400 * 86_400
    running = asyncio.create_task(node.feature.run())
    async with asyncio.timeout(30):
        while not node.feature.cautious.doubted:
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await SeenActivityRow.all().count() == 1
    await node.feature.federation.prune()
    assert await SeenActivityRow.all().count() == 0


async def test_an_actor_blocked_by_two_channels_is_accepted_when_both_unblock(node: Federated) -> None:
    other = await node.channels.make("pots")
    await node.follow()
    federation = node.feature.federation
    for channel in (node.home, other):
        await federation.block(channel, node.ann.id)
    await federation.approve(node.home, node.ann.id)
    assert await node.take(node.ann.activity("View", LIVE)) == "blocked"
    assert (await RemoteActorRow.get(url=node.ann.id)).hidden
    await federation.remove(other, node.ann.id)
    assert await node.take(node.ann.activity("View", LIVE)) == "taken"
    assert not (await RemoteActorRow.get(url=node.ann.id)).hidden


async def test_a_moved_follower_can_be_blocked_but_not_approved_or_removed(node: Federated) -> None:
    await node.follow()
    await FollowerRow.all().update(state=State.MOVED.value)
    federation = node.feature.federation
    for act in (federation.approve, federation.remove):
        with pytest.raises(NotFound):
            await act(node.home, node.ann.id)
    assert await states(node) == ["moved"]
    await federation.block(node.home, node.ann.id)
    assert await states(node) == ["blocked"]
    assert await node.take(node.ann.activity("Follow", LIVE)) == "blocked"


async def test_what_a_blocked_actor_has_done_is_hidden_and_shown_again_with_him(node: Federated) -> None:
    post = (await node.feature.posts.publish(node.home, "Hello")).url
    await node.follow()
    await node.take(node.ann.activity("Like", post))
    federation, count = node.feature.federation, node.feature.engagements.count
    for let_in in (federation.approve, federation.remove):
        await federation.block(node.home, node.ann.id)
        assert await count(post, Kind.LIKE) == 0
        await let_in(node.home, node.ann.id)
        assert await count(post, Kind.LIKE) == 1


async def test_an_approved_follower_of_a_blocked_domain_stays_hidden(node: Federated) -> None:
    await node.follow()
    federation = node.feature.federation
    await federation.block(node.home, node.ann.id)
    await node.settings.change("federation.blocked_domains", ["127.0.0.1"])
    federation.on_setting_changed(SettingChanged("federation.blocked_domains", None, node.clock.now()))
    await federation.approve(node.home, node.ann.id)
    assert (await RemoteActorRow.get(url=node.ann.id)).hidden


async def test_followers_that_a_new_address_has_lost_are_counted_and_told_of(
    node: Federated, caplog: pytest.LogCaptureFixture
) -> None:
    federation = node.feature.federation
    await node.follow()
    await federation.warn()
    assert (await federation.lost_followers(node.home), "by another address" in caplog.text) == (0, False)
    node.settings.override("node.public_url", "https://another.example")
    await federation.warn()
    assert await federation.lost_followers(node.home) == 1
    assert "1 followers know the channel home by another address than https://another.example/" in caplog.text
    node.settings.override("node.public_url", ORIGIN)
    node.settings.override("federation.username", "stream_r")  # which LIKE would take for the old name
    assert await federation.lost_followers(node.home) == 1
    await node.settings.change("federation.enabled", False)
    assert await federation.lost_followers(node.home) == 0
