"""Followers of a channel as rows, for what is about many of them or about odd ones; who asks is in federated.py."""

from datetime import UTC, datetime

from fedistream.federation.models import EngagementRow, FollowerRow, RemoteActorRow
from fedistream.federation.values import Kind, State

AT = datetime(2026, 5, 1, 11, 0, tzinfo=UTC)


async def remote_actor(user: str, host: str = "remote.example", name: str = "") -> RemoteActorRow:
    url = f"https://{host}/users/{user}"
    return await RemoteActorRow.create(
        url=url,
        key_id=f"{url}#main-key",
        handle=f"{user}@{host}",
        name=name,
        inbox=f"{url}/inbox",
        document={},
        fetched_at=AT,
    )


async def follower(
    user: str, state: State = State.ACCEPTED, host: str = "remote.example", name: str = "", channel_id: int = 1
) -> str:
    """The URL of somebody who follows, or asked to."""
    actor = await remote_actor(user, host, name)
    follow = {"id": f"{actor.url}#follow", "type": "Follow", "actor": actor.url, "object": "https://node.example/"}
    await FollowerRow.create(
        channel_id=channel_id,
        actor_id=actor.id,
        state=state.value,
        follow=follow,
        created_at=AT,
        approved_at=AT if state is State.ACCEPTED else None,
        disabled_at=AT if state is State.BLOCKED else None,
    )
    return str(actor.url)


async def engagement(user: str, kind: Kind, thing: str = "https://node.example/federation/p1") -> None:
    actor = await RemoteActorRow.get_or_none(handle__startswith=f"{user}@") or await remote_actor(user)
    await EngagementRow.create(
        channel_id=1, actor_id=actor.id, kind=kind.value, object=thing, activity_id=f"{actor.url}#{kind}", at=AT
    )
