"""Many likes at once, on the databases: each is recorded and told once, whatever became of those beside it."""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from tortoise.exceptions import IntegrityError

from activitypub.actor import Actor, Image
from activitypub.inbox import Verified
from activitypub.signatures import Scheme
from activitypub.signatures.keys import make_ed25519
from activitypub.signer import Signer
from activitypub.vocabulary.activity import Activity
from fedistream.core.bus import Bus
from fedistream.core.errors import Refusal, TooMany
from fedistream.core.events import Fact, PostLiked, PostShared, SettingChanged
from fedistream.db import Database, DatabaseProblem, atomic
from fedistream.federation.blocks import Blocks
from fedistream.federation.inbox.engagement_batch import MAX_WAITING, MOST, EngagementBatch
from fedistream.federation.models import EngagementRow, RemoteActorRow, SeenActivityRow
from fedistream.federation.remote_actors import RemoteActors
from fedistream.federation.values import Kind, Off
from tests.kit.federated import Federated, federated

AT = datetime(2026, 1, 1, tzinfo=UTC)
KEY = make_ed25519().public()


@pytest.fixture
async def node(database: Database) -> AsyncIterator[Federated]:
    async with federated() as made:
        yield made


class Facts(Bus):
    """They fail for some actors, and for others as a database does where somebody else was quicker: so many times; or
    for all, as one does that is full."""

    def __init__(self) -> None:
        super().__init__()
        self.emitted: list[Fact] = []
        self.asked = 0
        self.full = False
        self.broken: set[str] = set()
        self.late: dict[str, int] = {}

    async def emit_all(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            self._emit(fact)

    def _emit(self, fact: Fact) -> None:
        assert isinstance(fact, PostLiked | PostShared)
        self.asked += 1
        if self.full:
            raise DatabaseProblem("the disk is full")
        if fact.actor in self.broken:
            raise LookupError(fact.actor)
        if self.late.get(fact.actor):
            self.late[fact.actor] -= 1
            raise IntegrityError(fact.actor)
        self.emitted.append(fact)


@pytest.fixture
def facts() -> Facts:
    return Facts()


@pytest.fixture
def blocks() -> Blocks:
    return Blocks()


@pytest.fixture
def remote_actors(blocks: Blocks) -> RemoteActors:
    """They fetch nothing."""
    return RemoteActors(SimpleNamespace(), blocks, lambda: 0.0, lambda: AT)


@pytest.fixture
def engagement_batch(node: Federated, facts: Facts, remote_actors: RemoteActors) -> EngagementBatch:
    feature = node.feature
    return EngagementBatch(feature.addresses, feature.posts, remote_actors, feature.engagements, facts, lambda: AT)


def actor(number: int) -> Actor:
    url = f"https://h{number}.example/users/u{number}"
    return Actor(url, "Person", f"u{number}", f"{url}/inbox", name=f"Fan {number}")


def does(number: int, post: str, what: str = "Like", *, name: str = "", by: Actor | None = None) -> Verified:
    fan = by or actor(number)
    activity = Activity(what, f"{fan.id}#{name or what}", fan.id, post)
    return Verified(activity, Signer(f"{fan.id}#main-key", KEY, fan), Scheme.CAVAGE)


async def posted(node: Federated) -> str:
    return str((await node.feature.posts.publish(node.home, "We are on")).document["id"])


async def test_many_at_once_are_each_recorded_and_told_once_in_their_order(
    node: Federated, engagement_batch: EngagementBatch, facts: Facts
) -> None:
    post = await posted(node)
    fans = range(3 * MOST)
    taken = await asyncio.gather(*(engagement_batch.take(does(number, post)) for number in fans))
    assert taken == [True] * len(fans)
    assert [fact.actor for fact in facts.emitted if isinstance(fact, PostLiked)] == [actor(n).id for n in fans]
    assert facts.emitted[7] == PostLiked(node.home.id, post, actor(7).id, "Fan 7", "u7@h7.example", "", "", AT)
    assert await node.feature.engagements.count(post, Kind.LIKE) == len(fans)
    again = await asyncio.gather(*(engagement_batch.take(does(number, post)) for number in fans))
    assert again == [False] * len(fans)
    assert len(facts.emitted) == len(fans)


async def test_what_can_be_taken_back_is_known_by_the_rows_alone(
    node: Federated, engagement_batch: EngagementBatch, remote_actors: RemoteActors
) -> None:
    liked = does(1, await posted(node))
    assert await engagement_batch.take(liked)
    # another process may let go of it
    assert not await remote_actors.was_seen(liked.activity.id)
    assert await remote_actors.was_recorded(liked.activity.id)
    assert not await engagement_batch.take(liked)


async def test_one_activity_that_comes_twice_at_the_same_moment_is_acted_on_once(
    node: Federated, engagement_batch: EngagementBatch, facts: Facts
) -> None:
    post = await posted(node)
    await engagement_batch.take(does(0, post))  # while this one is written, the others gather
    twice = does(1, post)
    assert sorted(await asyncio.gather(*(engagement_batch.take(twice) for _ in range(5)))) == [False] * 4 + [True]
    assert len(facts.emitted) == 2


async def test_the_same_thing_by_several_activities_at_once_is_told_once_and_undone_by_the_last(
    node: Federated, engagement_batch: EngagementBatch, facts: Facts
) -> None:
    post = await posted(node)
    several = [does(1, post, name=f"like{number}") for number in range(4)]
    assert all(await asyncio.gather(*map(engagement_batch.take, several)))
    assert len(facts.emitted) == 1
    (row,) = await EngagementRow.all()
    assert row.activity_id == several[-1].activity.id
    await node.feature.engagements.undo_activity(actor(1).id, several[-1].activity.id)
    assert await node.feature.engagements.count(post, Kind.LIKE) == 0


async def test_likes_shares_and_reactions_of_several_posts_go_together(
    node: Federated, engagement_batch: EngagementBatch, facts: Facts
) -> None:
    posts = [await posted(node) for _ in range(3)]
    kinds = ("Like", "Announce", "EmojiReact")
    various = [does(n, post, kind, name=f"{kind}{post[-5:]}") for n in range(4) for post in posts for kind in kinds]
    assert all(await asyncio.gather(*map(engagement_batch.take, various)))
    assert [type(fact) for fact in facts.emitted] == [PostLiked, PostShared, PostLiked] * 12
    for post in posts:
        assert await node.feature.engagements.count(post, Kind.LIKE, Kind.SHARE, Kind.REACTION) == 12


async def test_what_fails_for_one_is_not_the_fault_of_those_beside_it(
    node: Federated, engagement_batch: EngagementBatch, facts: Facts
) -> None:
    post = await posted(node)
    facts.broken = {actor(5).id}
    taken = await asyncio.gather(
        *(engagement_batch.take(does(number, post)) for number in range(10)), return_exceptions=True
    )
    assert [isinstance(each, LookupError) for each in taken] == [number == 5 for number in range(10)]
    assert await EngagementRow.all().count() == 9
    facts.broken.clear()
    assert await engagement_batch.take(does(5, post)), "what failed was not heard"
    assert await node.feature.engagements.count(post, Kind.LIKE) == 10


async def test_where_another_process_was_quicker_it_is_tried_once_more_by_itself(
    node: Federated, engagement_batch: EngagementBatch, facts: Facts
) -> None:
    post = await posted(node)
    facts.late = {actor(2).id: 2, actor(3).id: 2}  # the one within the others and again so, the other alone and again
    taken = await asyncio.gather(
        *(engagement_batch.take(does(number, post)) for number in range(5)), return_exceptions=True
    )
    assert [type(each) for each in taken] == [bool, bool, bool, IntegrityError, bool]
    assert await EngagementRow.all().count() == 4


async def test_a_request_of_a_disconnected_client_is_carried_out(
    node: Federated, engagement_batch: EngagementBatch, facts: Facts
) -> None:
    post = await posted(node)
    calls = [asyncio.create_task(engagement_batch.take(does(number, post))) for number in range(6)]
    await asyncio.sleep(0)
    for call in calls:
        call.cancel()
    assert await asyncio.gather(*calls, return_exceptions=True) != []
    assert all(call.cancelled() for call in calls)
    assert await engagement_batch.take(does(6, post))
    assert await node.feature.engagements.count(post, Kind.LIKE) == 7


async def test_an_error_for_a_disconnected_client_is_logged(
    node: Federated, engagement_batch: EngagementBatch, facts: Facts, caplog: pytest.LogCaptureFixture
) -> None:
    facts.broken = {actor(1).id}
    call = asyncio.create_task(engagement_batch.take(does(1, post := await posted(node))))
    await asyncio.sleep(0)
    call.cancel()
    assert await engagement_batch.take(does(2, post))
    assert "whose sender disconnected could not be stored" in caplog.text


async def test_what_is_not_ours_or_was_deleted_is_heard_and_not_recorded(
    node: Federated, engagement_batch: EngagementBatch, facts: Facts
) -> None:
    gone = await posted(node)
    await node.feature.posts.delete(gone.rpartition("/")[2])
    things = (gone, "https://other.example/1", "https://node.example/federation/none", "")
    taken = await asyncio.gather(
        *(engagement_batch.take(does(1, thing, name=f"{n}")) for n, thing in enumerate(things))
    )
    assert taken == [True] * 4
    assert (facts.emitted, await EngagementRow.all().count(), await RemoteActorRow.all().count()) == ([], 0, 0)
    assert await SeenActivityRow.all().count() == 4


async def test_a_changed_profile_is_stored_again(node: Federated, engagement_batch: EngagementBatch) -> None:
    post, other = await posted(node), await posted(node)
    await engagement_batch.take(does(1, post))
    renamed = replace(actor(1), name="Fan, the first", icon=Image("https://h1.example/face.png"))
    await asyncio.gather(
        engagement_batch.take(does(1, other, name="second", by=renamed)), engagement_batch.take(does(2, other))
    )
    names = {row.name: row.image for row in await RemoteActorRow.all()}
    assert names == {"Fan, the first": "https://h1.example/face.png", "Fan 2": ""}


async def test_when_federation_is_switched_off_meanwhile_each_is_told(
    node: Federated, engagement_batch: EngagementBatch
) -> None:
    post = await posted(node)
    await node.settings.change("federation.enabled", False)
    node.feature.federation.on_setting_changed(SettingChanged("federation.enabled", None, AT))
    taken = await asyncio.gather(*(engagement_batch.take(does(n, post)) for n in range(3)), return_exceptions=True)
    assert [type(each) for each in taken] == [Off] * 3
    assert issubclass(Off, Refusal)
    assert await SeenActivityRow.all().count() == 0


async def test_a_full_disk_is_tried_once_for_all_waiting_requests(
    node: Federated, engagement_batch: EngagementBatch, facts: Facts
) -> None:
    post = await posted(node)
    facts.full = True
    taken = await asyncio.gather(*(engagement_batch.take(does(n, post)) for n in range(MOST)), return_exceptions=True)
    assert [type(each) for each in taken] == [DatabaseProblem] * MOST
    assert facts.asked == 1
    facts.full = False
    assert await engagement_batch.take(does(0, post))


async def test_there_is_room_for_so_many_and_no_more(node: Federated, engagement_batch: EngagementBatch) -> None:
    post = await posted(node)
    calls = [asyncio.create_task(engagement_batch.take(does(1, post))) for _ in range(MAX_WAITING + 3)]
    taken = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(each) for each in taken] == [bool] * MAX_WAITING + [TooMany] * 3
    assert taken.count(True) == 1


async def test_what_is_taken_back_or_done_later_comes_after_what_waits(
    node: Federated, engagement_batch: EngagementBatch
) -> None:
    post = await posted(node)
    waiting = [asyncio.create_task(engagement_batch.take(does(number, post))) for number in range(3 * MOST)]
    await asyncio.sleep(0)
    waiting[-1].cancel()  # the sender does not wait any more, and yet it is written
    await engagement_batch.settle()
    assert await node.feature.engagements.count(post, Kind.LIKE) == len(waiting)
    await asyncio.gather(*waiting, return_exceptions=True)
    await engagement_batch.settle()


async def test_a_transaction_does_not_wait_for_what_waits_for_its_end(
    node: Federated, engagement_batch: EngagementBatch
) -> None:
    post = await posted(node)
    liked: list[asyncio.Task[bool]] = []

    async def like_and_settle() -> None:
        await SeenActivityRow.create(activity_id="something else", at=AT)
        outside = contextvars.Context()
        liked.append(asyncio.get_running_loop().create_task(engagement_batch.take(does(1, post)), context=outside))
        await asyncio.sleep(0)
        await engagement_batch.settle()

    await asyncio.wait_for(atomic(like_and_settle), 20)
    assert await liked[0]


async def test_an_actor_blocked_while_queued_is_not_recorded(
    node: Federated, engagement_batch: EngagementBatch, facts: Facts, blocks: Blocks
) -> None:
    post = await posted(node)
    calls = [asyncio.create_task(engagement_batch.take(does(number, post))) for number in (1, 2)]
    await asyncio.sleep(0)
    blocks.block([actor(1).id])
    await asyncio.gather(*calls)
    assert [fact.actor for fact in facts.emitted if isinstance(fact, PostLiked)] == [actor(2).id]


async def test_at_shutdown_running_requests_finish_and_waiting_ones_are_refused(
    node: Federated, engagement_batch: EngagementBatch
) -> None:
    post = await posted(node)
    calls = [asyncio.create_task(engagement_batch.take(does(number, post))) for number in range(2 * MOST)]
    while not await SeenActivityRow.exists():
        await asyncio.sleep(0)
    await engagement_batch.close()
    taken = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(each) for each in taken] == [bool] * MOST + [TooMany] * MOST
    assert await node.feature.engagements.count(post, Kind.LIKE) == MOST
    await engagement_batch.close()


async def test_nobody_is_left_waiting_when_the_loop_ends(node: Federated, engagement_batch: EngagementBatch) -> None:
    post = await posted(node)
    calls = [asyncio.create_task(engagement_batch.take(does(number, post))) for number in range(2 * MOST)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for task in asyncio.all_tasks():
        if task.get_name() == "engagements":
            task.cancel()
    async with asyncio.timeout(20):
        taken = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in taken)
    assert await engagement_batch.take(does(0, post)) in (True, False), "and who comes then is heard"


@pytest.mark.parametrize("goes", ["Undo", "Delete"])
async def test_an_undo_or_a_farewell_never_overtakes_the_like(node: Federated, goes: str) -> None:
    post = await posted(node)
    for number in range(10):
        await node.take(node.ann.activity("Announce", post))  # from now on her key is known, and nothing is fetched
        like = node.ann.activity("Like", post, id=f"{node.ann.id}#like{number}")
        later = node.ann.activity("Undo", like) if goes == "Undo" else node.ann.activity("Delete", node.ann.id)
        assert set(await asyncio.gather(node.take(like), node.take(later))) == {"taken"}
        assert await node.feature.engagements.count(post, Kind.LIKE) == 0
