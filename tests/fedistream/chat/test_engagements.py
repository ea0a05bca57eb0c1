"""Engagements of remote actors are shown in the chat and stored there."""

from datetime import UTC, datetime

import pytest

from fedistream.broadcasts.values import LiveStatus, State
from fedistream.chat.engagements import EngagementAnnouncer
from fedistream.chat.messages import MAX_WAITING
from fedistream.chat.models import MessageRow
from fedistream.chat.values import Kind, Origin
from fedistream.core.events import BroadcastStarted, FollowApproved, FollowReceived, PostLiked, PostShared
from tests.kit.chatroom import Chatroom

AT = datetime(2026, 5, 1, tzinfo=UTC)
ANN = ("https://remote.example/users/ann", "Ann <b>of</b> Clay & Co", "ann@remote.example", "https://remote.example/a")
POST = "https://node.example/federation/1"


async def test_follows_likes_and_shares_are_told(room: Chatroom) -> None:
    announcer = EngagementAnnouncer(room.feature.poster, room.settings)
    await announcer.announce_follow(FollowReceived(room.home, *ANN, "accepted", AT))
    await announcer.announce_like(PostLiked(room.home, POST, *ANN, "", AT))
    await announcer.announce_like(PostLiked(room.home, POST, *ANN, "🔥", AT))
    await announcer.announce_like(PostLiked(room.home, POST, *ANN, ":blob_cat:", AT))
    await announcer.announce_share(PostShared(room.home, POST, *ANN, AT))
    await room.feature.messages.settle()
    lines = await room.feature.messages.history(room.home)
    assert [(line.kind, line.body) for line in lines] == [
        (Kind.FOLLOW, "Ann <b>of</b> Clay & Co followed this stream."),
        (Kind.LIKE, "Ann <b>of</b> Clay & Co liked a post from Fedistream."),
        (Kind.LIKE, "Ann <b>of</b> Clay & Co reacted with 🔥 to a post from Fedistream."),
        (Kind.LIKE, "Ann <b>of</b> Clay & Co reacted with :blob_cat: to a post from Fedistream."),
        (Kind.REPOST, "Ann <b>of</b> Clay & Co shared a post from Fedistream."),
    ]
    assert {(line.origin, line.title, line.image, line.link) for line in lines} == {
        (Origin.FEDIVERSE, "Ann <b>of</b> Clay & Co", ANN[3], ANN[0])
    }


async def test_a_storm_of_likes_holds_up_nobody_and_what_finds_no_room_is_left_out(room: Chatroom) -> None:
    announcer = EngagementAnnouncer(room.feature.poster, room.settings)
    for _ in range(MAX_WAITING + 10):
        # a reaction that waited for the database would make all others wait
        with pytest.raises(StopIteration):
            announcer.announce_like(PostLiked(room.home, POST, *ANN, "", AT)).send(None)
    assert await room.feature.poster.system(room.home, "there is room for what people say")
    assert await MessageRow.filter(kind=Kind.LIKE.value).count() == MAX_WAITING // 2


async def test_follow_requests_are_not_announced(room: Chatroom) -> None:
    announcer = EngagementAnnouncer(room.feature.poster, room.settings)
    await announcer.announce_follow(FollowReceived(room.home, *ANN, "pending", AT))
    assert await room.bodies() == []


@pytest.mark.parametrize(("setting", "value"), [("federation.show_engagement", False), ("chat.enabled", False)])
async def test_an_admin_can_silence_it(room: Chatroom, setting: str, value: bool) -> None:
    await room.settings.change(setting, value, room.home)
    announcer = EngagementAnnouncer(room.feature.poster, room.settings)
    await announcer.announce_like(PostLiked(room.home, POST, *ANN, "", AT))
    assert await room.bodies() == []


async def test_a_name_with_nothing_to_see_gives_way_to_the_handle(room: Chatroom) -> None:
    announcer = EngagementAnnouncer(room.feature.poster, room.settings)
    nameless = (ANN[0], "\u202e ✔\ufe0f :verified:", *ANN[2:])
    await announcer.announce_approval(FollowApproved(room.home, *nameless, AT))
    assert await room.bodies() == ["ann@remote.example followed this stream."]


@pytest.mark.parametrize("reaction", ["👍🏽", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "👩‍❤️‍👨", ":blob_cat:", "♥"])
async def test_a_reaction_is_told_with_its_emoji(room: Chatroom, reaction: str) -> None:
    await EngagementAnnouncer(room.feature.poster, room.settings).announce_like(
        PostLiked(room.home, POST, *ANN, reaction, AT)
    )
    assert await room.bodies() == [f"Ann <b>of</b> Clay & Co reacted with {reaction} to a post from Fedistream."]


@pytest.mark.parametrize("reaction", ["read https://spam.example", "good", ":a b:", "!" * 40, "\u202e", ":" + "x" * 63])
async def test_what_is_no_emoji_is_a_like(room: Chatroom, reaction: str) -> None:
    await EngagementAnnouncer(room.feature.poster, room.settings).announce_like(
        PostLiked(room.home, POST, *ANN, reaction, AT)
    )
    assert await room.bodies() == ["Ann <b>of</b> Clay & Co liked a post from Fedistream."]


async def test_a_follow_is_told_once_per_broadcast_also_by_another_process(room: Chatroom) -> None:
    announcer, other = (EngagementAnnouncer(room.feature.poster, room.settings) for _ in range(2))
    bob = ("https://remote.example/users/bob", "Bob", "bob@remote.example", "")
    room.live_status[room.home] = LiveStatus(room.home, State.LIVE, last_started_at=room.clock.now())
    for each in (announcer, announcer, other):
        await each.announce_follow(FollowReceived(room.home, *ANN, "accepted", AT))
        await each.announce_approval(FollowApproved(room.home, *ANN, AT))
        assert len(await room.bodies()) == 1
    await announcer.announce_follow(FollowReceived(room.home, *bob, "accepted", AT))
    assert len(await room.bodies()) == 2
    room.clock.advance(3600)
    room.live_status[room.home] = LiveStatus(room.home, State.LIVE, last_started_at=room.clock.now())
    await announcer.announce_start(BroadcastStarted(room.home, 2, "", room.clock.now()))
    for each in (announcer, other):
        await each.announce_follow(FollowReceived(room.home, *ANN, "accepted", AT))
        assert len(await room.bodies()) == 3


async def test_a_custom_emoji_has_its_picture_from_this_node(room: Chatroom) -> None:
    liked = PostLiked(room.home, POST, *ANN, ":blob_cat:", AT, "https://remote.example/blob.png")
    await EngagementAnnouncer(room.feature.poster, room.settings).announce_like(liked)
    await room.feature.messages.settle()
    (line,) = await room.feature.messages.history(room.home)
    assert (line.reaction, line.reaction_picture) == (":blob_cat:", "/shown?https://remote.example/blob.png")
