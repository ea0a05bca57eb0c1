"""Posts on a database: published, edited and deleted in one transaction with their deliveries, in order."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from activitypub.addressing import Visibility
from activitypub.strictjson import Json
from fedistream.core.errors import Gone, Invalid, NotFound
from fedistream.core.markdown import MAX_POST_MARKS, marks
from fedistream.db import Database, atomic
from fedistream.federation.models import PostReachRow, PostRow
from fedistream.federation.posts.values import Draft, Mention
from fedistream.jobs.models import OutboxRow
from tests.kit.federated import LIVE, ORIGIN, Federated, federated

BOB = Mention("https://b.example/users/bob", "bob@b.example", "https://b.example/users/bob/inbox")
EVE = Mention("https://e.example/u/eve", "eve@e.example", "https://e.example/u/eve/in", "https://e.example/inbox")


@pytest.fixture
async def node(database: Database) -> AsyncIterator[Federated]:
    async with federated() as node:
        yield node


async def delivery(node: Federated) -> list[tuple[str, Json]]:
    """Return the deliveries, without the answers to follows."""
    return [(inbox, activity) for inbox, activity in await node.sent() if activity["type"] != "Accept"]


class Crash(Exception):
    """Stands for a kill of the process before the commit."""


async def test_mentioned_accounts_get_the_post_once(node: Federated) -> None:
    await node.follow()
    ann = Mention(node.ann.id, "ann@remote.example", f"{node.ann.id}/inbox")
    await node.feature.posts.publish(node.home, Draft("Hi @bob@b.example", mentions=(ann, BOB, EVE)))
    sent = await delivery(node)
    assert [inbox for inbox, _ in sent] == [f"{node.ann.server.origin}/inbox", BOB.inbox, EVE.shared_inbox]
    assert sent[0][1]["cc"] == [f"{LIVE}/followers", ann.actor, BOB.actor, EVE.actor]


async def test_an_edit_and_a_delete_come_after_the_post_at_each_host(node: Federated) -> None:
    await node.follow()
    posts = node.feature.posts
    first = await posts.publish(node.home, Draft("One", mentions=(BOB,)))
    edited = await posts.edit(first.id, Draft("Two @eve@e.example", mentions=(EVE,)))
    again = await posts.edit(first.id, Draft("Three"))
    await posts.delete(first.id)
    rows = await OutboxRow.filter(target=BOB.inbox).order_by("id")
    assert len({row.group_key for row in rows}) == 1
    sent = await delivery(node)
    assert [activity["type"] for inbox, activity in sent if inbox == BOB.inbox] == [
        *("Create", "Update", "Update", "Delete")
    ]
    # a server that was sent the post is also sent its deletion
    assert [activity["type"] for inbox, activity in sent if inbox == EVE.shared_inbox] == ["Update", "Update", "Delete"]
    assert len({activity["id"] for _, activity in sent}) == 4
    stamps = [first.document["published"], edited.document["updated"], again.document["updated"]]
    assert stamps == sorted(set(stamps))
    assert edited.document["published"] == first.document["published"]
    assert (await PostReachRow.all().count(), await PostRow.all().count()) == (0, 1)


async def test_a_former_follower_gets_the_delete_and_not_the_update(node: Federated) -> None:
    follow = await node.follow()
    post = await node.feature.posts.publish(node.home, Draft("For you", visibility=Visibility.FOLLOWERS))
    await node.take(node.ann.activity("Undo", follow))
    await node.feature.posts.edit(post.id, Draft("For others"))
    await node.feature.posts.delete(post.id)
    assert [activity["type"] for _, activity in await delivery(node)] == ["Create", "Delete"]


async def test_later_followers_get_neither_edits_nor_the_delete_of_a_post(node: Federated) -> None:
    """Mastodon sends them to all followers of that moment, whose servers drop what they do not know."""
    posts = node.feature.posts
    before = await posts.publish(node.home, Draft("Before"))
    await node.follow()
    after = await posts.publish(node.home, Draft("After"))
    for post in (before, after):
        await posts.edit(post.id, Draft("Edited"))
        await posts.delete(post.id)
    sent = [(activity["type"], str(activity["id"]).partition("#")[0]) for _, activity in await delivery(node)]
    assert sent == [(kind, after.url) for kind in ("Create", "Update", "Delete")]


async def test_a_deleted_post_leaves_a_tombstone_without_its_words(node: Federated) -> None:
    posts = node.feature.posts
    post = await posts.publish(node.home, Draft("a secret", mentions=(BOB,)))
    with pytest.raises(NotFound):
        await posts.tombstone(post.id)
    await posts.delete(post.id)
    stone = await posts.tombstone(post.id)
    assert (stone["type"], stone["formerType"], stone["id"]) == ("Tombstone", "Note", post.url)
    assert "secret" not in str((await PostRow.get(id=post.id)).document)
    (_, delete) = (await delivery(node))[-1]
    assert (delete["object"]["id"], delete["cc"]) == (post.url, [f"{LIVE}/followers", BOB.actor])
    for act in (posts.get(post.id), posts.delete(post.id), posts.edit(post.id, Draft("x"))):
        with pytest.raises(Gone):
            await act
    assert (await posts.page(node.home.id)).total == await posts.count() == 0
    assert await posts.channel_of(post.id) is None
    for act in (posts.delete("none"), posts.edit("none", Draft("x"))):
        with pytest.raises(NotFound):
            await act


async def test_a_crash_before_the_commit_leaves_neither_post_nor_letter(node: Federated) -> None:
    await node.follow()
    posts = node.feature.posts
    kept = await posts.publish(node.home, Draft("kept"))
    before = await delivery(node)

    async def all_of_it() -> None:
        await posts.publish(node.home, Draft("lost"))
        await posts.edit(kept.id, Draft("changed"))
        await posts.delete(kept.id)
        await posts.direct(node.home, BOB, "<p>1</p>")
        raise Crash

    with pytest.raises(Crash):
        await atomic(all_of_it)
    assert await delivery(node) == before
    assert (await posts.get(kept.id)).document == kept.document
    assert await PostRow.all().count() == 1


async def test_an_edit_keeps_the_visibility_of_a_post(node: Federated) -> None:
    posts = node.feature.posts
    post = await posts.publish(node.home, Draft("x", visibility=Visibility.FOLLOWERS))
    edited = await posts.edit(post.id, Draft("y", visibility=Visibility.PUBLIC))
    assert (edited.document["to"], edited.document["cc"]) == ([f"{LIVE}/followers"], [])


async def test_a_private_channels_posts_are_for_followers_and_hidden(node: Federated) -> None:
    posts = node.feature.posts
    shown = await posts.publish(node.home, Draft("Hello"))
    assert (await posts.get(shown.id)).document == shown.document
    await node.settings.change("federation.private", True)
    with pytest.raises(NotFound):
        await posts.get(shown.id)
    hidden = await posts.publish(node.home, "For you alone")
    assert (hidden.document["to"], hidden.document["cc"]) == ([f"{LIVE}/followers"], [])
    direct = await posts.publish(node.home, Draft("For one", visibility=Visibility.DIRECT, mentions=(BOB,)))
    assert direct.document["to"] == [BOB.actor]
    assert (await posts.page(node.home.id)).total == 0
    await node.settings.change("federation.private", False)
    assert [each.id for each in (await posts.page(node.home.id)).items] == [shown.id]
    for each in (hidden, direct):
        with pytest.raises(NotFound):
            await posts.get(each.id)


async def test_a_direct_post_goes_to_nobody_else(node: Federated) -> None:
    await node.follow()
    draft = Draft("Psst", visibility=Visibility.DIRECT, mentions=(EVE,))
    post = await node.feature.posts.publish(node.home, draft)
    await node.feature.posts.edit(post.id, replace(draft, text="Pst"))
    await node.feature.posts.delete(post.id)
    assert {inbox for inbox, _ in await delivery(node)} == {EVE.inbox}


async def test_a_message_to_one_person_is_kept_nowhere(node: Federated) -> None:
    await node.follow()
    await node.feature.posts.direct(node.home, BOB, "<p>One-time code: <b onclick=x>123456</b></p>")
    ((inbox, create),) = await delivery(node)
    assert (inbox, create["to"], create["cc"]) == (BOB.inbox, [BOB.actor], [BOB.actor])
    assert create["object"]["content"] == "<p>One-time code: 123456</p>"
    assert create["object"]["tag"] == [{"type": "Mention", "name": "@bob@b.example", "href": BOB.actor}] * 2
    assert await PostRow.all().count() == 0


async def test_what_is_late_may_be_left_but_not_what_takes_it_back(node: Federated) -> None:
    post = await node.feature.posts.publish(node.home, Draft("Live", mentions=(BOB,)), expires_at=1e10)
    await node.feature.posts.edit(post.id, Draft("Over"))
    await node.feature.posts.delete(post.id)
    assert [row.expires_at for row in await OutboxRow.all().order_by("id")] == [1e10, None, None]


async def test_mentions_that_were_looked_up_are_not_looked_up_again(node: Federated) -> None:
    draft = Draft("Hi @Bob@b.example", mentions=(BOB,))
    assert await node.feature.posts.look_up(draft) == draft
    assert node.ann.server.asked == []


async def test_pinned_posts_stand_apart(node: Federated) -> None:
    posts = node.feature.posts
    first, second = await posts.publish(node.home, "one"), await posts.publish(node.home, "two")
    await posts.pin(first.id, pinned=True)
    await posts.edit(first.id, Draft("one, changed"))
    assert [each.id for each in await posts.pinned(node.home.id)] == [first.id]
    assert {each.id for each in (await posts.page(node.home.id)).items} == {first.id, second.id}
    await posts.pin(first.id, pinned=False)
    assert await posts.pinned(node.home.id) == ()


async def test_a_post_that_says_nothing_is_not_made(node: Federated) -> None:
    for wrong in (" ", "***", "x" * 5001):
        with pytest.raises(Invalid):
            await node.feature.posts.publish(node.home, wrong)
    assert await PostRow.all().count() == 0


async def test_the_first_words_are_told_of_those_that_are_posts(node: Federated) -> None:
    posts = node.feature.posts
    one, gone = [await posts.publish(node.home, text) for text in ("*Hello*\n\nagain", "Bye")]
    await posts.delete(gone.id)
    asked = {one.url, gone.url, f"{ORIGIN}/federation/none", "https://elsewhere.example/1", ""}
    assert await posts.beginnings(asked) == {one.url: "Hello again"}
    assert await posts.beginnings(()) == {}
    await node.settings.change("federation.enabled", False)
    assert await posts.beginnings(asked) == {}


async def test_whose_posts_they_are_is_told_of_those_that_are(node: Federated) -> None:
    posts = node.feature.posts
    one, two = await posts.publish(node.home, "One"), await posts.publish(node.home, "Two")
    await posts.delete(two.id)
    assert await posts.channels_of({one.id, two.id, "none"}) == {one.id: node.home.id}
    assert await posts.channels_of(()) == {}


async def test_a_text_of_many_signs_is_written_beside_the_loop_and_all_the_same(node: Federated) -> None:
    posts, text = node.feature.posts, "[x] *a* " * 60
    assert marks(text) > MAX_POST_MARKS
    post = await posts.publish(node.home, text)
    assert await posts.preview(node.home, text) == post.document["content"]
    assert (await atomic(posts.publish, node.home, Draft(text))).document["content"] == post.document["content"]
