"""Activities that are done, undone and done again under ids that repeat, as other servers send them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from activitypub.strictjson import Json
from fedistream.db import Database, atomic
from fedistream.federation.models import FollowerRow, SeenActivityRow
from fedistream.federation.remote_actors import drop_inbox
from fedistream.federation.values import Kind
from tests.kit.federated import LIVE, Federated, federated

TIMES = 3


@pytest.fixture
async def node(database: Database) -> AsyncIterator[Federated]:
    async with federated() as made:
        yield made


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of a server's ids, with {n} where each time has a new one, and the content of its Undo."""

    do: str
    undo: str
    embedded: bool = True
    inner_id: bool = True

    def done(self, node: Federated, kind: str, thing: str, n: int, **more: Any) -> Json:
        origin = node.ann.server.origin
        return node.ann.activity(kind, thing, id=origin + self.do.format(kind=kind.lower(), n=n), **more)

    def undone(self, node: Federated, done: Json, n: int) -> Json:
        made = self.undo.format(do=done["id"], kind=done["type"].lower(), n=n)
        identifier = made if made.startswith("http") else node.ann.server.origin + made
        inner = {name: value for name, value in done.items() if name != "@context"}
        if not self.inner_id:
            del inner["id"]
        return node.ann.activity("Undo", inner if self.embedded else done["id"], id=identifier)


SHAPES = {
    "misskey": Shape("/{kind}s/9abc/9def", "{do}/undo"),
    "takahe": Shape("/users/ann/{kind}/1/", "{do}#undo"),
    "snac": Shape("/users/ann/d/{kind}/5f1b", "{do}/Undo"),
    "mastodon": Shape("/users/ann#{kind}s/{n}", "/users/ann#{kind}s/{n}/undo"),
    "of a fixed undo": Shape("/users/ann#{kind}s/{n}", "/users/ann#undo-{kind}"),
    "without an inner id": Shape("/users/ann/{kind}/1", "/users/ann/{kind}/1/undo", inner_id=False),
    "of a bare id": Shape("/users/ann/{kind}/1", "{do}#undo", embedded=False),
}


@pytest.mark.parametrize("private", [False, True], ids=["open", "private"])
async def test_a_follow_and_its_undo_count_each_time(node: Federated, private: bool) -> None:
    await node.settings.change("federation.private", private)
    for name, shape in SHAPES.items():
        for n in range(TIMES):
            follow = shape.done(node, "Follow", LIVE, n)
            assert await node.take(follow) == "taken"
            assert [row.state for row in await FollowerRow.all()] == ["pending" if private else "accepted"], name
            if private:
                await node.feature.federation.approve(node.home, node.ann.id)
            assert (await node.sent())[-1][1]["object"]["id"] == follow["id"]
            assert await node.take(shape.undone(node, follow, n)) == "taken"
            assert await FollowerRow.all().count() == 0, name
    times = TIMES * len(SHAPES)
    assert node.feature.federation.counts == {"done Follow": times, "done Undo": times}


@pytest.mark.parametrize(
    ("activity", "kind"),
    [
        ("Like", Kind.LIKE),
        pytest.param("EmojiReact", Kind.REACTION, marks=pytest.mark.slow),
        pytest.param("Announce", Kind.SHARE, marks=pytest.mark.slow),
    ],
)
async def test_a_like_and_its_undo_count_each_time(node: Federated, activity: str, kind: Kind) -> None:
    post = (await node.feature.posts.publish(node.home, "Hello")).url
    for name, shape in SHAPES.items():
        for n in range(TIMES):
            like = shape.done(node, activity, post, n, content="🔥")
            assert await node.take(like) == "taken"
            assert await node.feature.engagements.count(post, kind) == 1, name
            assert await node.take(shape.undone(node, like, n)) == "taken"
            assert await node.feature.engagements.count(post, kind) == 0, name
    times = TIMES * len(SHAPES)
    assert node.feature.federation.counts == {f"done {activity}": times, "done Undo": times}


async def test_a_block_ends_a_follow_each_time(node: Federated) -> None:
    for name, shape in SHAPES.items():
        for n in range(TIMES):
            assert await node.take(shape.done(node, "Follow", LIVE, n)) == "taken"
            assert await FollowerRow.all().count() == 1, name
            block = shape.done(node, "Block", LIVE, n)
            assert await node.take(block) == "taken"
            assert await FollowerRow.all().count() == 0, name
            assert await node.take(shape.undone(node, block, n)) == "taken"
    assert "ignored replay" not in node.feature.federation.counts


async def test_what_is_sent_twice_in_a_row_is_done_once(node: Federated) -> None:
    post = (await node.feature.posts.publish(node.home, "Hello")).url
    for shape in SHAPES.values():
        for each in (shape.done(node, "Follow", LIVE, 0), shape.done(node, "Like", post, 0)):
            undo = shape.undone(node, each, 0)
            for activity in (each, each, undo, undo):
                assert await node.take(activity) == "taken"
    n = len(SHAPES)
    assert node.feature.federation.counts == {
        "done Follow": n,
        "done Like": n,
        "done Undo": 2 * n,
        "ignored replay": 4 * n,
    }


async def test_nobody_lets_go_of_what_others_did(node: Federated) -> None:
    follow = await node.follow()
    rows = await SeenActivityRow.all().count()
    stranger = f"{node.ann.server.origin}/users/eve"
    assert await node.take(node.ann.activity("Undo", {**follow, "actor": stranger})) == "foreign"
    assert await SeenActivityRow.all().count() == rows


async def test_a_follower_removed_with_its_inbox_may_follow_again_under_the_same_id(node: Federated) -> None:
    follow = await node.follow()
    await drop_inbox(f"{node.ann.id}/inbox")
    assert await FollowerRow.all().count() == 0
    assert await node.take(follow) == "taken"
    assert await FollowerRow.all().count() == 1


async def test_an_actor_once_gone_or_moved_may_follow_again_under_the_same_id(node: Federated) -> None:
    follow = await node.follow()
    followers = node.feature.followers
    for leave in (partial(followers.forget, node.ann.id, "gone"), partial(followers.move_away, node.ann.id)):
        await atomic(leave)
        assert await FollowerRow.all().count() == 0
        assert await node.take(follow) == "taken"
        assert await FollowerRow.all().count() == 1


async def test_edits_and_the_end_of_a_post_may_bear_its_id(node: Federated) -> None:
    """WriteFreely makes such ids."""
    url = f"{node.ann.server.origin}/posts/1"
    public = "https://www.w3.org/ns/activitystreams#Public"

    def note(text: str) -> Json:
        return {
            "id": url,
            "type": "Note",
            "attributedTo": node.ann.id,
            "content": text,
            "to": [public],
            "tag": [{"type": "Mention", "href": LIVE, "name": "@live"}],
        }

    for kind, text in (("Create", "one"), ("Update", "two"), ("Update", "three")):
        assert await node.take(node.ann.activity(kind, note(text), id=url, to=[public])) == "taken"
    stone = {"id": url, "type": "Tombstone"}
    assert await node.take(node.ann.activity("Delete", stone, id=url)) == "taken"
    assert node.feature.federation.counts == {"done Create": 1, "done Update": 2, "done Delete": 1}
