"""The profile that others keep a copy of: one Update for many changes, new keys, and names that cannot change."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from activitypub.actor import parse_actor
from fedistream.core.errors import Conflict
from fedistream.core.events import SettingChanged
from fedistream.db import Database
from fedistream.federation.actors.profile_updates import KIND, WAIT_S
from fedistream.federation.keys import KEEP_OLD, NODE
from fedistream.federation.models import FederationKeyRow
from fedistream.federation.values import Off
from fedistream.jobs.job import Dead, Done, Job
from fedistream.jobs.models import OutboxRow
from tests.kit.federated import LIVE, Federated, federated, waiting_jobs


@pytest.fixture
async def node(database: Database) -> AsyncIterator[Federated]:
    async with federated() as made:
        yield made


async def jobs() -> list[Job]:
    return await waiting_jobs(KIND)


async def delivery(word: str) -> list[tuple[str, Any]]:
    """Each activity whose id has this word, with the key that its job names."""
    rows = await OutboxRow.filter(kind="activity").order_by("id")
    found = [json.loads(row.body) for row in rows]
    return [(each["key"], each["activity"]) for each in found if f"#{word}/" in each["activity"]["id"]]


async def change(node: Federated, name: str, value: object) -> None:
    """Change a setting as the bus reports it, with the reaction of the worker."""
    await node.settings.change(name, value, node.home.id)
    fact = SettingChanged(name, node.home.id, node.clock.now())
    assert node.feature.profiles.applies_to(fact)
    await node.feature.profiles.note(fact)


async def test_many_changes_lead_to_one_update_with_the_last_of_them(node: Federated) -> None:
    await node.follow()
    for name in ("Clay", "Pots", "Ann's pots"):
        await change(node, "channel.name", name)
    waiting = await jobs()
    assert len(waiting) == 3
    assert all(row.due >= node.clock.unix() + WAIT_S - 5 for row in await OutboxRow.filter(kind=KIND))
    for job in waiting:
        assert await node.feature.profiles.send(job) == Done()
    ((key, update),) = await delivery("updates")
    assert (update["type"], update["object"]["name"], update["object"]["id"]) == ("Update", "Ann's pots", LIVE)
    assert (key, update["actor"]) == (f"{LIVE}#main-key", LIVE)
    # done again, as after a crash, nobody gets it twice
    await node.feature.profiles.send(waiting[-1])
    assert len(await delivery("updates")) == 1


async def test_what_no_other_server_keeps_is_told_to_nobody(node: Federated) -> None:
    at = node.clock.now()
    applies_to = node.feature.profiles.applies_to
    assert not applies_to(SettingChanged("channel.title", None, at))
    assert applies_to(SettingChanged("channel.tags", None, at))
    await node.settings.change("federation.enabled", False)
    assert not applies_to(SettingChanged("channel.tags", None, at))
    assert applies_to(SettingChanged("federation.enabled", None, at))


async def test_without_federation_or_channel_nothing_is_sent(node: Federated) -> None:
    await node.follow()
    await change(node, "channel.name", "Clay")
    (job,) = await jobs()
    await node.settings.change("federation.enabled", False)
    assert await node.feature.profiles.send(job) == Done()
    assert await delivery("updates") == []
    with pytest.raises(Off):
        await node.feature.profiles.rotate()
    nobodys = Job(1, KIND, "", "", '{"channel_id": 99, "count": 1}', 1, 0.0)
    assert isinstance(await node.feature.profiles.send(nobodys), Dead)


async def test_new_keys_are_told_with_the_former_one(node: Federated) -> None:
    await node.follow()
    before = parse_actor(await node.feature.documents.actor(node.home)).keys[0]
    await node.feature.profiles.rotate()
    after = parse_actor(await node.feature.documents.actor(node.home)).keys[0]
    assert (before.id, after.id) == (f"{LIVE}#main-key", f"{LIVE}#main-key-2")
    assert before.key != after.key
    (job,) = await jobs()
    await node.feature.profiles.send(job)
    ((named, update),) = await delivery("keys")
    assert parse_actor(update["object"]).keys == (after,)
    signing = node.feature.keys.signing_key
    former, present = await signing(named), await signing(LIVE)
    assert former is not None
    assert present is not None
    assert (former.key_id, former.key.public()) == (before.id, before.key)
    assert (present.key_id, present.key.public()) == (after.id, after.key)
    # what waited is signed with the new key, under its own URL
    assert await signing(f"{LIVE}#main-key") == present
    own = parse_actor(await node.feature.documents.node()).keys[0]
    assert own.id.endswith("/federation/node#main-key-2")


async def test_the_former_key_is_forgotten_when_nobody_can_expect_it(node: Federated) -> None:
    await node.feature.profiles.rotate()
    await node.feature.keys.prune()
    assert (await FederationKeyRow.get(channel_id=NODE)).old_pem is not None
    node.clock.ahead += KEEP_OLD.total_seconds() + 1
    await node.feature.keys.prune()
    assert {row.old_pem for row in await FederationKeyRow.all()} == {None}
    found = await node.feature.keys.signing_key(f"{LIVE}#main-key-1")
    assert found is not None
    assert found.key_id == f"{LIVE}#main-key-2"


async def test_the_address_of_a_channel_that_is_followed_does_not_change(node: Federated) -> None:
    await node.settings.change("federation.username", "potter")
    await node.settings.change("federation.username", "streamer")
    await node.follow()
    for name, value in (("federation.username", "potter"), ("node.public_url", "https://other.example")):
        with pytest.raises(Conflict, match="count=1"):
            await node.settings.change(name, value)
    await node.settings.change("federation.username", "streamer")  # as it is
    await node.settings.change("federation.enabled", False)
    await node.settings.change("federation.username", "potter")
