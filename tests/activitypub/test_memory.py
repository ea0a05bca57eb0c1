"""Keys and activities in memory: cached, fetched again when it is time, forgotten in the end."""

import pytest

from activitypub.memory import MemoryInboxStore, MemoryKeyResolver
from activitypub.network.fetch import FetchedDocument, FetchFailed, FetchFailure
from activitypub.signer import Missing, Signer
from activitypub.strictjson import Json
from tests.kit.actors import ANN, document

KEY_ID = f"{ANN}#main-key"


class Web:
    """A fetcher of documents by URL. `asked` are the URLs that were fetched."""

    def __init__(self, documents: dict[str, Json] | None = None) -> None:
        self.documents = {ANN: document()} if documents is None else documents
        self.asked: list[str] = []

    async def activity(self, url: str) -> FetchedDocument:
        self.asked.append(url)
        document = self.documents.get(url.partition("#")[0])
        if document is None:
            raise FetchFailed(FetchFailure.GONE, "not there")
        return FetchedDocument(document, url)

    key_document = json = activity


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


async def test_a_key_is_fetched_once() -> None:
    web = Web()
    resolver = MemoryKeyResolver(web, Clock())
    first, second = await resolver.resolve(KEY_ID), await resolver.resolve(KEY_ID)
    assert isinstance(first, Signer)
    assert first is second
    assert (first.key_id, first.actor.id, web.asked) == (KEY_ID, ANN, [KEY_ID])


async def test_a_key_that_is_gone_is_asked_for_again() -> None:
    web = Web({})
    resolver = MemoryKeyResolver(web, Clock())
    assert await resolver.resolve(KEY_ID) is await resolver.resolve(KEY_ID) is Missing.GONE
    assert len(web.asked) == 2


async def test_a_stub_of_an_actor_is_used_but_not_kept() -> None:
    stub = {name: value for name, value in document().items() if name != "followers"}
    web = Web({ANN: stub})
    resolver = MemoryKeyResolver(web, Clock())
    for _ in range(2):
        assert isinstance(await resolver.resolve(KEY_ID), Signer)
    assert len(web.asked) == 2


async def test_a_key_is_refreshed_once_in_five_minutes() -> None:
    web, clock = Web(), Clock()
    resolver = MemoryKeyResolver(web, clock)
    signer = await resolver.resolve(KEY_ID)
    assert isinstance(signer, Signer)
    clock.now += 299
    assert await resolver.refresh(signer) is None
    clock.now += 2
    refreshed = await resolver.refresh(signer)
    assert isinstance(refreshed, Signer)
    assert refreshed is await resolver.resolve(KEY_ID)
    assert await resolver.refresh(signer) is None
    assert len(web.asked) == 2


async def test_what_is_gone_when_it_is_refreshed_has_no_key() -> None:
    web, clock = Web(), Clock()
    resolver = MemoryKeyResolver(web, clock)
    signer = await resolver.resolve(KEY_ID)
    assert isinstance(signer, Signer)
    web.documents.clear()
    clock.now += 300
    assert await resolver.refresh(signer) is None


async def test_only_so_many_keys_are_kept() -> None:
    bob = "https://remote.example/users/bob"
    web = Web({ANN: document(), bob: document(bob)})
    resolver = MemoryKeyResolver(web, Clock(), max_kept=1)
    for key_id in (KEY_ID, f"{bob}#main-key", KEY_ID):
        assert isinstance(await resolver.resolve(key_id), Signer)
    assert len(web.asked) == 3


@pytest.mark.parametrize(
    ("url", "blocked"),
    [
        (ANN, True),
        ("https://remote.example/users/bob", False),
        ("https://bad.example/users/x", True),
        ("https://a.bad.example:8443/", True),
        ("https://notbad.example/", False),
        ("https://example/", False),
        ("no URL", True),
    ],
)
def test_actors_and_domains_can_be_blocked(url: str, blocked: bool) -> None:
    resolver = MemoryKeyResolver(Web(), Clock(), blocked=["bad.example", ANN])
    assert resolver.is_blocked(url) is blocked


async def test_an_activity_is_taken_once_within_its_time() -> None:
    clock = Clock()
    store = MemoryInboxStore(clock, seen_s=60)
    assert not await store.was_seen("a")
    assert [store.mark_seen("a"), store.mark_seen("a"), store.mark_seen("b")] == [True, False, True]
    assert await store.was_seen("a")
    clock.now += 60
    assert not await store.was_seen("a")
    assert store.mark_seen("a")


async def test_an_activity_that_was_reversed_is_taken_again() -> None:
    store = MemoryInboxStore(Clock())
    store.mark_seen("a")
    store.forget("a")
    store.forget("unknown")
    assert not await store.was_seen("a")


async def test_only_so_many_activities_are_remembered() -> None:
    store = MemoryInboxStore(Clock(), max_kept=2)
    for key in "abc":
        store.mark_seen(key)
    assert [await store.was_seen(key) for key in "abc"] == [False, True, True]


async def test_only_actors_that_were_added_are_known() -> None:
    store = MemoryInboxStore(Clock())
    assert not await store.knows_actor(ANN)
    store.actors.add(ANN)
    assert await store.knows_actor(ANN)
