from typing import Any

import pytest
from aiohttp import web

from activitypub import strictjson
from activitypub.actor import ActorKey, parse_actor
from activitypub.discovery import find_account, find_actor, find_signer, verify_handle
from activitypub.network.fetch import FetchedDocument, FetchFailed, FetchFailure
from activitypub.signatures.request import Request
from activitypub.signer import Missing, Signer
from activitypub.strictjson import Json
from activitypub.webfinger import ACTIVITY_JSON, Handle, Jrd, Link, write_jrd
from tests.activitypub.network.test_fetch import fetcher
from tests.kit.actors import ANN, actor, document, ed25519_actor_key
from tests.kit.remote import client_for, json_response, remote
from tests.kit.signing import rsa_key

KEY_ID = f"{ANN}#main-key"
BOB = "https://remote.example/users/bob"


class Web:
    """A fetcher of documents by URL, which are found at their id. `test_fetch` tests that rule."""

    def __init__(self, documents: dict[str, Json | FetchFailure]) -> None:
        self.documents = documents
        self.asked: list[str] = []

    async def key_document(self, url: str) -> FetchedDocument:
        self.asked.append(url)
        found = self.documents.get(url, FetchFailure.NOT_FOUND)
        if isinstance(found, FetchFailure):
            raise FetchFailed(found, url)
        return FetchedDocument(found, url)

    async def activity(self, url: str) -> FetchedDocument:
        return await self.key_document(url.partition("#")[0])

    async def json(self, url: str) -> FetchedDocument:
        return await self.key_document(url)


async def test_the_key_of_a_fragment_is_found_in_its_actor() -> None:
    found = await find_signer(KEY_ID, Web({ANN: document()}))
    assert found == Signer(KEY_ID, rsa_key(ANN).public(), actor(ANN, name="ann", url=ANN))


async def test_an_ed25519_key_is_found_under_its_own_fragment() -> None:
    keys = (*actor(ANN).keys, ed25519_actor_key())
    found = await find_signer(ed25519_actor_key().id, Web({ANN: document(keys=keys)}))
    assert isinstance(found, Signer)
    assert found.key == ed25519_actor_key().key


def key_document(key_id: str, owner: str = ANN) -> Json:
    return {"id": key_id, "type": "CryptographicKey", "owner": owner, "publicKeyPem": rsa_key(ANN).public().pem()}


async def test_a_key_document_leads_to_its_owner_who_must_name_the_key() -> None:
    """The servers of activitypub.bot have such documents."""
    key_id = f"{ANN}/publickey"
    owner = document(keys=(ActorKey(key_id, rsa_key(ANN).public()),))
    web_ = Web({key_id: key_document(key_id), ANN: owner})
    found = await find_signer(key_id, web_)
    assert isinstance(found, Signer)
    assert (found.actor.id, web_.asked) == (ANN, [key_id, ANN])
    # the owner does not know of it
    assert await find_signer(key_id, Web({key_id: key_document(key_id), ANN: document()})) is Missing.UNKNOWN


async def test_a_stub_of_the_actor_under_the_key_leads_to_the_whole() -> None:
    """GoToSocial serves {id, publicKey} at /main-key to unknown servers."""
    key_id = f"{ANN}/main-key"
    whole = document(keys=(ActorKey(key_id, rsa_key(ANN).public()),))
    stub = {name: whole[name] for name in ("@context", "id", "type", "preferredUsername", "publicKey")}
    web_ = Web({key_id: stub, ANN: whole})
    found = await find_signer(key_id, web_)
    assert isinstance(found, Signer)
    assert (found.actor.inbox, web_.asked) == (f"{ANN}/inbox", [key_id, ANN])


@pytest.mark.parametrize(
    "documents",
    [
        {},
        {ANN: FetchFailure.UNREACHABLE},
        {ANN: {"id": ANN, "type": "Person"}},
        {ANN: document() | {"publicKey": None}},
        {ANN: document(keys=(ActorKey(f"{ANN}#other", rsa_key(ANN).public()),))},
    ],
)
async def test_a_key_that_its_actor_does_not_show_is_unknown(documents: dict[str, Json | FetchFailure]) -> None:
    assert await find_signer(KEY_ID, Web(documents)) is Missing.UNKNOWN


@pytest.mark.parametrize(
    "served",
    [
        {"id": "x"},
        {},
        {"id": "https://evil.example/ann"},
        key_document(f"{ANN}/other-key"),
        key_document(f"{ANN}/publickey", BOB),
        key_document(f"{ANN}/publickey", "https://evil.example/eve"),
    ],
)
async def test_what_is_neither_a_key_nor_its_actor_is_unknown(served: Json) -> None:
    documents: dict[str, Json | FetchFailure] = {f"{ANN}/publickey": served, ANN: document(), BOB: document(BOB)}
    assert await find_signer(f"{ANN}/publickey", Web(documents)) is Missing.UNKNOWN


async def test_an_actor_or_key_that_was_deleted_is_gone() -> None:
    assert await find_signer(KEY_ID, Web({ANN: FetchFailure.GONE})) is Missing.GONE
    assert await find_signer(f"{ANN}/main-key", Web({f"{ANN}/main-key": FetchFailure.GONE})) is Missing.GONE
    assert await find_signer(ANN, Web({ANN: FetchFailure.GONE})) is Missing.GONE


async def test_the_url_of_an_existing_actor_is_no_key() -> None:
    assert await find_signer(ANN, Web({ANN: document()})) is Missing.UNKNOWN


async def test_an_actor_is_found_and_what_is_none_is_not() -> None:
    assert await find_actor(ANN, Web({ANN: document()})) == parse_actor(document())
    with pytest.raises(FetchFailed) as caught:
        await find_actor(ANN, Web({ANN: {"id": ANN, "type": "Note"}}))
    assert caught.value.failure is FetchFailure.INVALID


def finger(host: str, user: str = "ann") -> str:
    return f"https://{host}/.well-known/webfinger?resource=acct:{user}@{host}"


def jrd(subject: str = "acct:ann@remote.example", url: str | None = ANN) -> Json:
    return write_jrd(Jrd(subject, (), (Link("self", ACTIVITY_JSON, url),)))


HANDLE = Handle("ann", "remote.example")


async def test_a_handle_leads_to_its_account() -> None:
    found = await find_account(HANDLE, Web({finger("remote.example"): jrd(), ANN: document()}))
    assert (found.handle, found.actor.id, found.jrd.subject) == (HANDLE, ANN, "acct:ann@remote.example")


async def test_a_host_may_leave_its_handles_to_another() -> None:
    short = Handle("ann", "short.example")
    documents: dict[str, Json | FetchFailure] = {
        finger("short.example"): jrd(),
        finger("remote.example"): jrd(),
        ANN: document(),
    }
    found = await find_account(short, Web(documents))
    assert (found.handle, found.actor.id) == (HANDLE, ANN)


async def test_a_subject_that_is_no_handle_changes_nothing() -> None:
    found = await find_account(HANDLE, Web({finger("remote.example"): jrd(ANN), ANN: document()}))
    assert found.handle == HANDLE


@pytest.mark.parametrize(
    "changed",
    [
        {finger("remote.example"): FetchFailure.NOT_FOUND},
        {finger("remote.example"): {"links": []}},
        {finger("remote.example"): jrd(url=None)},
        {finger("remote.example"): jrd(url=BOB)},
        {finger("remote.example"): jrd("acct:ann@other.example")},
        {finger("remote.example"): jrd("acct:ann@other.example"), finger("other.example"): jrd(url=BOB)},
        {ANN: document() | {"id": BOB}},
        {ANN: {"id": ANN}},
    ],
)
async def test_hosts_that_do_not_agree_lead_to_nobody(changed: dict[str, Any]) -> None:
    documents: dict[str, Json | FetchFailure] = {finger("remote.example"): jrd(), ANN: document()}
    with pytest.raises(FetchFailed):
        await find_account(HANDLE, Web(documents | changed))


SHORT = jrd("acct:Ann@short.example")
ANNA = jrd("acct:anna@short.example")


@pytest.mark.parametrize(
    ("answers", "handle"),
    [
        ({finger("remote.example"): jrd()}, HANDLE),
        ({finger("remote.example"): jrd(ANN)}, HANDLE),  # a subject that is no handle
        ({finger("remote.example"): SHORT, finger("short.example", "Ann"): SHORT}, Handle("Ann", "short.example")),
    ],
)
async def test_an_actor_has_the_handle_that_its_servers_agree_about(
    answers: dict[str, Json | FetchFailure], handle: Handle
) -> None:
    asked = Web(answers)
    assert await verify_handle(actor(), asked) == handle
    assert asked.asked == list(answers)


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {finger("remote.example"): jrd(url=BOB)},
        {finger("remote.example"): SHORT},
        {finger("remote.example"): SHORT, finger("short.example", "Ann"): jrd("acct:Ann@short.example", BOB)},
        {finger("remote.example"): SHORT, finger("short.example", "Ann"): jrd("acct:ann@third.example")},
        # another name, which would be a change of name each time that the actor is seen
        {finger("remote.example"): ANNA, finger("short.example", "anna"): ANNA},
    ],
)
async def test_a_handle_that_its_host_does_not_confirm_is_not_believed(answers: dict[str, Json | FetchFailure]) -> None:
    with pytest.raises(FetchFailed):
        await verify_handle(actor(), Web(answers))


async def test_a_name_that_no_handle_has_is_not_asked_for() -> None:
    with pytest.raises(FetchFailed):
        await verify_handle(actor(username="a b"), Web({}))


async def test_a_signer_is_found_over_the_network() -> None:
    def answer(request: Request) -> web.StreamResponse:
        return json_response(strictjson.write(document(f"{request.origin}/users/ann")))

    async with remote(answer) as far, client_for(far) as client:
        found = await find_signer(f"{far.origin}/users/ann#main-key", fetcher(client))
        assert isinstance(found, Signer)
        assert found.key == rsa_key(f"{far.origin}/users/ann").public()
        assert len(far.asked) == 1


async def test_a_key_document_is_found_over_the_network() -> None:
    def answer(request: Request) -> web.StreamResponse:
        ann = f"{request.origin}/users/ann"
        key = ActorKey(f"{ann}/main-key", rsa_key(ANN).public())
        served = key_document(key.id, ann) if request.target.endswith("main-key") else document(ann, keys=(key,))
        return json_response(strictjson.write(served))

    async with remote(answer) as far, client_for(far) as client:
        found = await find_signer(f"{far.origin}/users/ann/main-key", fetcher(client))
        assert isinstance(found, Signer)
        assert [each.target for each in far.asked] == ["/users/ann/main-key", "/users/ann"]
