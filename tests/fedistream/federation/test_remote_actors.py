"""Stored actors and seen activities, on both databases: written once, and not again while nothing changes."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from activitypub.actor import Actor, ActorKey
from activitypub.network.fetch import FetchedDocument, FetchFailed, FetchFailure
from activitypub.network.fetch_limiter import DocumentFetcher
from activitypub.signatures.keys import make_ed25519
from activitypub.signer import Signer
from activitypub.vocabulary.reversals import Reversal
from fedistream.db import Database, atomic
from fedistream.federation.blocks import Blocks
from fedistream.federation.fetching import MAX_WAITING, Handles
from fedistream.federation.models import RemoteActorRow, SeenActivityRow
from fedistream.federation.remote_actors import FRESH, MAX_HANDLE, RemoteActors, handle_of, set_handle

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANN = Actor("https://remote.example/ann", "Person", "ann", "https://remote.example/ann/inbox", name="Ann")
LIKE = "https://remote.example/likes/1"
KEY = make_ed25519().public()


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def made(clock: Clock, **more: Any) -> RemoteActors:
    """They fetch nothing."""
    return RemoteActors(SimpleNamespace(), Blocks(), lambda: 0.0, clock, **more)


@pytest.fixture
def known(database: Database, clock: Clock) -> RemoteActors:
    return made(clock)


def signer(**more: object) -> Signer:
    return Signer(f"{ANN.id}#main-key", KEY, replace(ANN, **more))  # type: ignore[arg-type]


async def test_an_activity_is_heard_once_and_seen_only_after_the_commit(known: RemoteActors) -> None:
    async def hear_twice() -> tuple[bool, bool, bool]:
        return await known.mark_seen(LIKE), await known.mark_seen(LIKE), await known.was_seen(LIKE)

    assert await atomic(hear_twice) == (True, False, False)
    assert await known.was_seen(LIKE)
    assert not await atomic(known.mark_seen, LIKE)


async def test_what_was_not_committed_was_not_heard(known: RemoteActors) -> None:
    async def fail() -> None:
        await known.mark_seen(LIKE)
        raise LookupError

    with pytest.raises(LookupError):
        await atomic(fail)
    assert not await known.was_seen(LIKE)
    assert not await SeenActivityRow.all().exists()
    assert await atomic(known.mark_seen, LIKE)


async def test_what_another_process_heard_is_heard_though_memory_does_not_know(known: RemoteActors) -> None:
    await SeenActivityRow.create(activity_id=LIKE, at=NOW)
    assert not await known.was_seen(LIKE)
    assert not await atomic(known.mark_seen, LIKE)


async def test_what_is_undone_can_be_done_again_by_the_same_host_alone(known: RemoteActors) -> None:
    pair = Reversal("+like", ("-like",))
    await atomic(known.mark_seen, LIKE, pair)
    await atomic(known.forget_seen, LIKE, "https://evil.example/eve")
    assert not await atomic(known.mark_seen, LIKE, pair)
    await atomic(known.forget_seen, LIKE, ANN.id)
    assert await atomic(known.mark_seen, LIKE, pair)


async def test_what_can_be_taken_back_is_known_by_its_row_alone(known: RemoteActors) -> None:
    """The worker, which sends followers away, cannot reach the memory of the front."""
    await atomic(known.mark_seen, LIKE, Reversal("+like", ("-like",)))
    assert not await known.was_seen(LIKE)
    assert await known.was_recorded(LIKE)


async def test_each_side_of_a_pair_lets_go_of_the_ids_of_the_other(known: RemoteActors) -> None:
    undo, other = f"{LIKE}#undo", f"{LIKE}#other"
    await atomic(known.mark_seen, other, Reversal("+other", ("-other",)))
    for _ in range(2):
        assert await atomic(known.mark_seen, LIKE, Reversal("+like", ("-like",)))
        assert not await atomic(known.mark_seen, LIKE, Reversal("+like", ("-like",)))
        assert await atomic(known.mark_seen, undo, Reversal("-like", ("+like",)))
    assert await known.was_recorded(other)
    assert not await known.was_recorded(LIKE)


async def test_memory_of_what_was_heard_is_bounded(database: Database, clock: Clock) -> None:
    known = made(clock, max_seen=2)
    for number in range(3):
        await atomic(known.mark_seen, f"{LIKE}{number}")
    assert [await known.was_seen(f"{LIKE}{number}") for number in range(3)] == [False, True, True]
    assert not await atomic(known.mark_seen, f"{LIKE}0")


async def test_a_row_is_written_again_when_it_says_something_new_or_is_old(known: RemoteActors, clock: Clock) -> None:
    async def written_at() -> datetime:
        return (await RemoteActorRow.get(url=ANN.id)).fetched_at

    first = await atomic(known.keep, signer())
    clock.now += FRESH / 2
    assert (await atomic(known.keep, signer())).id == first.id
    assert await written_at() == NOW
    await atomic(known.keep, signer(name="Ann of elsewhere"))
    assert await written_at() == NOW + FRESH / 2
    assert (await RemoteActorRow.get(url=ANN.id)).name == "Ann of elsewhere"
    clock.now += FRESH + timedelta(seconds=1)
    await atomic(known.keep, signer(name="Ann of elsewhere"))
    assert await written_at() == clock.now


@pytest.mark.parametrize(
    ("username", "handle"),
    [
        ("ann.b-c_d", "ann.b-c_d@remote.example"),
        ("Żółw", "Żółw@remote.example"),
        ("bo@good.example", "bo_good.example@remote.example"),
        (
            "x **buy** https://evil.example @bo@good.example",
            "x___buy___https___evil.example__bo_good.example@remote.example",
        ),
        ("x" * 400, f"{'x' * (MAX_HANDLE - 15)}@remote.example"),
        (f"{'x' * 307}@good.example", f"{'x' * (MAX_HANDLE - 15)}@remote.example"),
    ],
)
def test_a_handle_has_one_name_and_the_whole_host_whatever_the_actor_calls_itself(username: str, handle: str) -> None:
    assert handle_of(replace(ANN, username=username)) == handle


class Fingered:
    """WebFinger of remote.example, which has left its handles to short.example."""

    def __init__(self, *, confirmed: bool = True) -> None:
        self.asked: list[str] = []
        self.hosts = ["remote.example", "short.example"][: 1 + confirmed]

    async def json(self, url: str) -> FetchedDocument:
        self.asked.append(url)
        if not any(url.startswith(f"https://{host}/") for host in self.hosts):
            raise FetchFailed(FetchFailure.NOT_FOUND, url)
        link = {"rel": "self", "type": "application/activity+json", "href": ANN.id}
        return FetchedDocument({"subject": f"acct:{ANN.username}@short.example", "links": [link]}, url)


async def handle() -> str:
    return str((await RemoteActorRow.get(url=ANN.id)).handle)


@pytest.mark.parametrize(("confirmed", "host"), [(True, "short.example"), (False, "remote.example")])
async def test_an_actor_is_called_by_the_host_that_its_servers_agree_about(
    database: Database, clock: Clock, confirmed: bool, host: str
) -> None:
    web = Fingered(confirmed=confirmed)
    handles = Handles(cast(DocumentFetcher, web), set_handle)
    told: list[tuple[str, str]] = []

    async def tell(actor: str, handle: str) -> None:
        told.append((actor, handle))

    handles.tell(tell)
    known = made(clock, introduced=handles.ask)
    await atomic(known.keep, signer())
    async with asyncio.timeout(30):
        while len(web.asked) < 2 or await handle() != f"{ANN.username}@{host}":
            await asyncio.sleep(0.01)
    # the same once more, and with another face: its host stays, and it is not asked again
    clock.now += 2 * FRESH
    await atomic(known.keep_all, [signer(name="Ann of elsewhere")])
    assert (await atomic(known.keep_all, [signer(name="Ann of elsewhere")]))[ANN.id].handle == await handle()
    assert await handle() == f"{ANN.username}@{host}"
    assert len(web.asked) == 2
    await handles.close()
    assert told == ([(ANN.id, f"{ANN.username}@{host}")] if confirmed else [])


async def test_a_handle_that_cannot_be_written_down_keeps_no_other_waiting(database: Database) -> None:
    put: list[str] = []

    async def busy(actor: str, handle: str) -> None:
        put.append(handle)
        raise OSError("the disk is full")

    handles = Handles(cast(DocumentFetcher, Fingered()), busy)
    handles.ask(ANN)
    handles.ask(ANN)
    async with asyncio.timeout(30):
        while len(put) < 2:
            await asyncio.sleep(0.01)
    await handles.close()


async def test_another_name_is_asked_for_anew(database: Database, clock: Clock) -> None:
    met: list[str] = []
    known = made(clock, introduced=lambda actor: met.append(actor.username))
    await atomic(known.keep, signer())
    await atomic(set_handle, ANN.id, f"{ANN.username}@short.example")
    await atomic(known.keep, signer(username="bo"))
    assert await handle() == "bo@remote.example"
    keys = (ActorKey(f"{ANN.id}#main-key", KEY),)
    await atomic(known.update, replace(ANN, username="cy", keys=keys, followers=f"{ANN.id}/followers"), keys[0].id)
    assert await handle() == "cy@remote.example"
    assert met == [ANN.username, "bo", "cy"]


async def test_closing_waits_for_no_answer() -> None:
    class Silent:
        async def json(self, url: str) -> FetchedDocument:
            return await asyncio.Future()

    handles = Handles(cast(DocumentFetcher, Silent()), set_handle)
    for _ in range(MAX_WAITING + 10):
        handles.ask(ANN)
    await asyncio.sleep(0)
    await handles.close()
