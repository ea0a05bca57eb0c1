"""Query plans on both databases: every query for activities, follows, chat messages and pages uses an index."""

from pathlib import Path

import sqlalchemy as sa

from fedistream.db import Database, schema
from fedistream.db.address import parse
from fedistream.db.orm import config
from fedistream.federation.remote_actors import drop_inbox
from fedistream.federation.values import State
from tests.kit.chatroom import HOME_ADDRESS, chatroom
from tests.kit.federated import LIVE, federated
from tests.kit.query_plans import full_scans, statements_run
from tests.kit.talking import talking, until


async def test_what_an_inbox_does_with_a_follow_and_what_follows_from_it(database: Database) -> None:
    async with federated() as node:
        await node.settings.change("federation.hold_unknown", True)
        inbox, us = node.feature.federation, node.home
        with statements_run() as ran:
            follow = await node.follow()
            await inbox.approve(us, node.ann.id)
            again = await node.follow()
            await inbox.block(us, node.ann.id)
            await inbox.approve(us, node.ann.id)
            await inbox.remove(us, node.ann.id)
            for undone in (follow, again["id"], follow["id"]):
                await node.take(node.ann.activity("Undo", undone))
                await node.follow()
            await node.take(node.ann.activity("Block", LIVE))
            await node.take(node.ann.activity("Delete", node.ann.id))
            await inbox.block_by_handle(node.ann.id, "ann@remote.example")
        assert any('"host"=' in text for text in ran.found), "no Follow has looked for others of its server"
        assert await full_scans(ran) == []


async def test_an_inbox_that_is_gone_is_found_by_its_index(database: Database) -> None:
    async with federated() as node:
        await node.follow()
        with statements_run() as ran:
            await drop_inbox(f"{node.ann.id}/inbox")
        assert any('"shared_inbox"=' in text for text in ran.found)
        assert await full_scans(ran) == []


async def test_pages_of_followers_and_who_gets_a_post(database: Database) -> None:
    async with federated() as node:
        await node.follow()
        followers = node.feature.followers
        with statements_run() as ran:
            for state in State:
                await followers.page(node.home.id, state)
                await followers.page(node.home.id, state, 50, directories=False)
            await followers.count(node.home.id)
            await followers.blocked_actors()
            await followers.is_blocked(node.ann.id)
            await followers.handle_of(node.ann.id)
            post = await node.feature.posts.publish(node.home, "Hello")
            await node.feature.posts.page(node.home.id)
            await node.feature.posts.delete(post.id)
        assert len(ran.found) > 10
        assert await full_scans(ran) == []


async def test_likes_replies_and_their_chat_lines(database: Database, tmp_path: Path) -> None:
    async with talking(tmp_path) as replies:
        node = replies.node
        post = await node.feature.posts.publish(node.home, "Hello")
        url = post.url
        with statements_run() as ran:
            like = node.ann.activity("Like", url)
            await node.take(like)
            await node.feature.engagements.page(node.home.id)
            await node.take(node.ann.activity("Undo", like))
            said = await replies.say("1", "hello", inReplyTo=url)
            await until(replies.lines)
            await node.feature.replies.replies_to(post.id)
            await replies.edit(said, content="hello again")
            await replies.delete(said["id"])
            await node.feature.federation.prune()
        scans = await full_scans(ran)
        assert any("remote_note" in text for text in ran.found)
        # once an hour: the channels that have replies, also those that are no more
        assert [each for each in scans if "DISTINCT" not in each] == []


async def test_what_the_chat_does_for_one_who_comes_and_writes(database: Database, tmp_path: Path) -> None:
    async with chatroom(tmp_path) as room:
        chat, visitors = room.feature.chat, room.feature.visitors
        with statements_run() as ran:
            visitor, token = await chat.register(room.home, "Ann", HOME_ADDRESS)
            assert await visitors.by_token(token) == visitor
            ann, _ = await room.guest("Bo")
            assert await chat.say(ann, "hello") is not None
            await chat.rename(ann, "Bob")
            lines = await room.feature.messages.history(room.home)
            assert lines
            await visitors.get(visitor.id)
            await visitors.delete(visitor.id)
        assert len(ran.found) > 8
        assert await full_scans(ran) == []


def test_each_reference_to_a_row_is_found_from_that_row(tmp_path: Path) -> None:
    """A deleted row's references are looked up by the database itself, which shows in no plan."""
    tables = schema.build(config(parse(f"sqlite://{tmp_path / 'none.db'}"))).tables.values()
    unserved = []
    for table in tables:
        first = {next(iter(index.columns)).name for index in table.indexes}
        first |= {next(iter(one.columns)).name for one in table.constraints if isinstance(one, sa.UniqueConstraint)}
        unserved += [f"{table.name}.{key.parent.name}" for key in table.foreign_keys if key.parent.name not in first]
    assert unserved == ["stream_key.channel_id"], "a node has few stream keys"
