"""Followers of a channel and what others do, as rows: for what is about many of them, or about odd ones. Who really
asks is in federated.py."""

from datetime import UTC, datetime
from typing import Any

from fedistream.broadcasts.repository import BroadcastRepository
from fedistream.core.events import BroadcastStarted
from fedistream.federation.models import (
    EngagementRow,
    FeaturedServerRow,
    FlagRow,
    FollowerRow,
    QuoteRow,
    RemoteActorRow,
    RemoteNoteRow,
)
from fedistream.federation.values import FeaturedState, Kind, ReplyState, State
from fedistream.notices.values import Notice
from tests.kit.faces import Faces
from tests.kit.onair import live

AT = datetime(2026, 5, 1, 11, 0, tzinfo=UTC)

# the state of a follower, the admin's decision, the state that follows, the activity that is sent, the page's message
FOLLOWER_DECISIONS = (
    (State.PENDING, "approve", "accepted", "Accept", "Request accepted."),
    (State.PENDING, "reject", "gone", "Reject", "Request rejected. They can send another one."),
    (State.PENDING, "block", "blocked", "Reject", "Account blocked."),
    (State.ACCEPTED, "remove", "gone", "Reject", "Removed. They can follow again."),
    (State.ACCEPTED, "block", "blocked", "Reject", "Account blocked."),
)


async def remote_actor(user: str, host: str = "remote.example", name: str = "") -> RemoteActorRow:
    url = f"https://{host}/users/{user}"
    return await RemoteActorRow.create(
        url=url,
        key_id=f"{url}#main-key",
        host=host,
        handle=f"{user}@{host}",
        name=name,
        inbox=f"{url}/inbox",
        document={},
        fetched_at=AT,
    )


async def follower(
    user: str,
    state: State = State.ACCEPTED,
    host: str = "remote.example",
    name: str = "",
    channel_id: int = 1,
    *,
    directory: bool = False,
) -> str:
    """The URL of somebody who follows, or asked to; or of a server that lists the stream."""
    actor = await remote_actor(user, host, name)
    follow = {"id": f"{actor.url}#follow", "type": "Follow", "actor": actor.url, "object": "https://node.example/"}
    await FollowerRow.create(
        channel_id=channel_id,
        actor_id=actor.id,
        state=state.value,
        directory=directory,
        follow=follow,
        created_at=AT,
        approved_at=AT if state is State.ACCEPTED else None,
        disabled_at=AT if state is State.BLOCKED else None,
    )
    return str(actor.url)


async def featured(state: FeaturedState, host: str = "far.example", **more: object) -> FeaturedServerRow:
    """A server whose stream is shown here, or that was asked for it."""
    actor = f"https://{host}/{state}"
    follow = {"id": f"{actor}#follow", "type": "Follow", "actor": "https://node.example", "object": actor}
    values: dict[str, Any] = {"url": f"https://{host}", "name": "Far", "tags": [], "added_at": AT, **more}
    return await FeaturedServerRow.create(
        actor=actor, inbox=f"{actor}/inbox", state=state.value, follow=follow, channel_id=1, **values
    )


async def engagement(
    user: str, kind: Kind, thing: str = "https://node.example/federation/p1", *, reaction: str = ""
) -> None:
    actor = await RemoteActorRow.get_or_none(handle__startswith=f"{user}@") or await remote_actor(user)
    await EngagementRow.create(
        channel_id=1,
        actor_id=actor.id,
        kind=kind.value,
        object=thing,
        activity_id=f"{actor.url}#{kind}",
        reaction=reaction,
        at=AT,
    )


async def held_reply(user: str, html: str, *, name: str = "", warning: str = "") -> str:
    """The URL of a note that somebody wrote to the channel, and that waits for the admin."""
    actor = await RemoteActorRow.get_or_none(handle__startswith=f"{user}@") or await remote_actor(user, name=name)
    number = await RemoteNoteRow.all().count()
    row = await RemoteNoteRow.create(
        url=f"{actor.url}/notes/{number}",
        channel_id=1,
        actor=actor.url,
        name=name or user,
        handle=actor.handle,
        link=f"{actor.url}/{number}",
        state=ReplyState.HELD.value,
        html=html,
        body=html,
        warning=warning,
        at=AT,
    )
    return str(row.url)


async def report(content: str, thing: str = "https://node.example/federation/user/streamer") -> int:
    """The id of what another server complains of."""
    actor = "https://remote.example/actor"
    row = await FlagRow.create(
        channel_id=1, actor=actor, server="remote.example", objects=[thing], content=content, at=AT
    )
    return int(row.id)


async def quote(post_id: str, quoting: str = "https://remote.example/users/ann/1") -> str:
    """The id of the stamp for somebody who quotes a post."""
    actor = "https://remote.example/users/ann"
    made = f"quote{await QuoteRow.all().count()}"
    await QuoteRow.create(
        id=made, channel_id=1, post_id=post_id, quoting=quoting, actor=actor, inbox=f"{actor}/inbox", at=AT
    )
    return made


async def broadcast(faces: Faces, title: str = "Evening locks") -> Notice:
    """A broadcast that has just begun, and the notice that is planned for it."""
    await faces.settings.change("channel.title", title, 1)
    now = faces.clock.now()
    number = await BroadcastRepository().start(1, title, now, {})
    faces.broadcasts.on[1] = live()
    await faces.notices.plan(BroadcastStarted(1, number, title, now))
    return (await faces.notices.page(1)).items[0]
