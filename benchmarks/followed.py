"""A data folder as that of a node which has been at it for a while: federation is on, and there are followers.

Written before the node starts, by the node's own models.
"""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from activitypub.actor import Actor, ActorKey, write_actor
from activitypub.signatures.keys import SigningKey
from activitypub.urls import authority
from fedistream.channels.service import Channels
from fedistream.core.bus import Bus
from fedistream.db import Database
from fedistream.federation.models import FollowerRow, PostRow, RemoteActorRow
from fedistream.settings.service import Settings

ORIGIN = "https://node.example"
LIVE = f"{ORIGIN}/federation/user/streamer"
AT_ONCE = 500  # rows in one statement


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def written(data: Path, more: Mapping[str, object] = {}) -> AsyncIterator[int]:
    """The database in this folder, which must exist, open, with federation on and `more` settings: the id of the home
    channel."""
    database = Database(f"sqlite://{data / 'fedistream.db'}")
    await database.open()
    try:
        channels, settings = Channels(now, secrets.token_urlsafe), Settings(Bus(), now)
        await channels.open()
        for name, value in {"node.public_url": ORIGIN, "federation.enabled": True, **more}.items():
            await settings.change(name, value)
        yield channels.home().id
    finally:
        await database.close()


def actor(number: int, host: str, key: SigningKey | None = None) -> Actor:
    """An actor as Mastodon describes one. With `key` it has that one, under a URL of its own."""
    url = f"http://{host}/users/u{number}"
    keys = (ActorKey(f"{url}#main-key", key.key.public()),) if key else ()
    return Actor(
        url,
        "Person",
        f"u{number}",
        f"{url}/inbox",
        outbox=f"{url}/outbox",
        followers=f"{url}/followers",
        shared_inbox=f"http://{host}/inbox",
        name=f"Follower number {number}",
        summary="<p>" + "Somebody who follows, and says a little of himself. " * 5 + "</p>",
        keys=keys,
    )


def row(person: Actor) -> RemoteActorRow:
    return RemoteActorRow(
        url=person.id,
        key_id=f"{person.id}#main-key",
        host=authority(person.id),
        handle=f"{person.username}@{person.id.split('/')[2]}",
        name=person.name,
        inbox=person.inbox,
        shared_inbox=person.shared_inbox,
        document=write_actor(person),
        fetched_at=now(),
    )


async def add_actors(people: Sequence[Actor]) -> None:
    await RemoteActorRow.bulk_create([row(person) for person in people], batch_size=AT_ONCE)


async def add_followers(channel_id: int, hosts: Sequence[str], count: int) -> None:
    """Add followers, by turns at these hosts, which have a shared inbox each."""
    await add_actors([actor(number, hosts[number % len(hosts)]) for number in range(count)])
    people = await RemoteActorRow.all().values_list("id", "url")
    follows = [
        FollowerRow(
            channel_id=channel_id,
            actor_id=actor_id,
            state="accepted",
            follow={"id": f"{url}#follow", "type": "Follow", "actor": url, "object": LIVE},
            created_at=now(),
            approved_at=now(),
        )
        for actor_id, url in people
    ]
    await FollowerRow.bulk_create(follows, batch_size=AT_ONCE)


async def add_posts(channel_id: int, count: int) -> list[str]:
    """Add posts of the channel. Return their URLs."""
    urls = [f"{ORIGIN}/federation/post{number}" for number in range(count)]
    rows = [
        PostRow(
            id=url.rpartition("/")[2],
            channel_id=channel_id,
            document={"id": url, "type": "Note", "attributedTo": LIVE, "content": "<p>We are live.</p>"},
            visibility="public",
            published_at=now(),
        )
        for url in urls
    ]
    await PostRow.bulk_create(rows)
    return urls
