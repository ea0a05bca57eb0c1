"""Actors and Follows of other servers, in the form that each server writes.

They are written after what is known of each server, and are no recordings. So are the signatures: which headers, in
which order, under which name of the algorithm.
"""

import copy
import re
from typing import Any

import pytest

from activitypub import strictjson
from activitypub.actor import parse_actor, write_actor
from activitypub.discovery import find_signer
from activitypub.inbox import Outcome, Verified, receive
from activitypub.refusal import Reason, Refused
from activitypub.signatures import Scheme, digest, httpdate, strict_base64
from activitypub.signatures.keys import SigningKey
from activitypub.signatures.request import Request, outgoing_request
from activitypub.signer import Missing, Signer
from activitypub.strictjson import Json
from activitypub.urls import same_authority
from activitypub.vocabulary.compose import accept_or_reject
from tests.activitypub.test_discovery import Web
from tests.kit.actors import LIVE, NODE, actor, ed25519_actor_key
from tests.kit.inbox_ports import FixedInboxStore
from tests.kit.signing import NOW, VECTORS, arrived, rsa_key, signed, vector

ACTORS = {path.stem: vector(f"actors/{path.name}") for path in sorted((VECTORS / "actors").glob("*.json"))}
FOLLOWING = [name for name, loaded in ACTORS.items() if "follow" in loaded]
NAMED = (
    *("mastodon", "gotosocial", "pleroma", "akkoma", "misskey", "sharkey"),
    *("peertube", "pixelfed", "lemmy", "snac", "wordpress"),
)
INBOX = f"{LIVE}/inbox"


class Far:
    """The key resolver for the documents of one server. It finds keys as the node does, and caches none."""

    def __init__(self, loaded: dict[str, Any]) -> None:
        """Replace the server's key by one of ours, because only the server has its private half."""
        ours = rsa_key("another server").public().pem()
        document, elsewhere = copy.deepcopy(loaded["actor"]), copy.deepcopy(loaded.get("elsewhere", {}))
        for each in (document, *elsewhere.values()):
            each["publicKey"]["publicKeyPem"] = ours
        self.web = Web({document["id"]: document, **elsewhere})

    def is_blocked(self, url: str) -> bool:
        return False

    async def resolve(self, key_id: str) -> Signer | Missing:
        return await find_signer(key_id, self.web)

    async def refresh(self, signer: Signer) -> Signer | None:
        return None


def key_of(loaded: dict[str, Any]) -> SigningKey:
    return SigningKey(loaded["expect"]["key_id"], rsa_key("another server"))


def follow(loaded: dict[str, Any], header: str = "", **members: Any) -> Request:
    """Return the server's Follow as it is received, with other properties or another Signature header if given."""
    body = strictjson.write(loaded["follow"] | members)
    request = outgoing_request("POST", INBOX, loaded["headers"].items(), body)
    added = {"date": httpdate.write(NOW), "digest": digest.digest(body), "content-length": str(len(body))}
    values = dict(request.headers) | added | {"(request-target)": f"post {request.target}"}
    header = header or loaded["signature"]
    covered = re.findall(r'headers="([^"]*)"', header)[0].split(" ")
    key = key_of(loaded)
    text = "\n".join(f"{name}: {values[name]}" for name in covered)
    header = header.replace("KEY_ID", key.key_id).replace(
        "SIGNATURE", strict_base64.encode(key.key.sign(text.encode()))
    )
    return arrived(request, (*added.items(), ("signature", header)))


async def come(request: Request, loaded: dict[str, Any]) -> Outcome:
    return await receive(request, Far(loaded), FixedInboxStore(), now=NOW)


def test_no_server_is_left_out() -> None:
    """The servers that are most in use have files here, each with the Follow that it sends."""
    for name in NAMED:
        assert [each for each in FOLLOWING if each.startswith(name)], name
    assert {loaded["actor"]["type"] for loaded in ACTORS.values()} == {"Person", "Service", "Application", "Group"}


@pytest.mark.parametrize("name", ACTORS)
def test_the_actor_of_another_server_is_read_with_all_that_we_need(name: str) -> None:
    loaded = ACTORS[name]
    before, expected = copy.deepcopy(loaded["actor"]), loaded["expect"]
    read = parse_actor(loaded["actor"])
    found = {each: getattr(read, each) for each in expected if each not in {"icon", "key_id"}}
    found["icon"] = read.icon.url if read.icon else None
    assert found == {each: value for each, value in expected.items() if each != "key_id"}, loaded["about"]
    key = read.key(expected["key_id"])
    assert key is not None
    # the PEM of one server ends in two line breaks, and of another in one
    assert key.pem().strip() == loaded["actor"]["publicKey"]["publicKeyPem"].strip()
    assert loaded["actor"] == before


@pytest.mark.parametrize("name", ACTORS)
async def test_the_key_of_another_server_leads_to_its_owner(name: str) -> None:
    loaded = ACTORS[name]
    found = await find_signer(loaded["expect"]["key_id"], Far(loaded).web)
    assert isinstance(found, Signer)
    assert (found.key_id, found.actor.id) == (loaded["expect"]["key_id"], loaded["actor"]["id"])
    assert found.actor.inbox == loaded["actor"]["inbox"]


@pytest.mark.parametrize("name", FOLLOWING)
async def test_a_follow_by_another_server_is_verified_as_it_signs_it(name: str) -> None:
    loaded = ACTORS[name]
    outcome = await come(follow(loaded), loaded)
    assert isinstance(outcome, Verified), outcome
    assert (outcome.activity.type, outcome.activity.id) == ("Follow", loaded["follow"]["id"])
    assert (outcome.activity.actor, outcome.activity.object_id) == (loaded["actor"]["id"], LIVE)
    assert (outcome.signer.actor.inbox, outcome.scheme) == (loaded["expect"]["inbox"], Scheme.CAVAGE)


@pytest.mark.parametrize("name", FOLLOWING)
async def test_a_follow_by_another_server_counts_with_both_actors_written_out_too(name: str) -> None:
    loaded = ACTORS[name]
    whole = {"id": LIVE, "type": "Service", "preferredUsername": "live", "inbox": INBOX}
    stub = {each: loaded["actor"][each] for each in ("id", "type", "preferredUsername", "inbox")}
    outcome = await come(follow(loaded, actor=stub, object=[whole]), loaded)
    assert isinstance(outcome, Verified), outcome
    assert (outcome.activity.actor, outcome.activity.object_id) == (loaded["actor"]["id"], LIVE)


@pytest.mark.parametrize("name", FOLLOWING)
async def test_a_follow_by_another_server_is_verified_when_it_comes_to_sign_by_rfc9421(name: str) -> None:
    loaded = ACTORS[name]
    body = strictjson.write(loaded["follow"])
    request = signed(body, by=key_of(loaded), scheme=Scheme.RFC9421, url=INBOX)
    outcome = await come(request, loaded)
    assert isinstance(outcome, Verified), outcome
    assert outcome.scheme is Scheme.RFC9421


@pytest.mark.parametrize("name", FOLLOWING)
async def test_nobody_follows_in_the_name_of_another_server(name: str) -> None:
    loaded, other = ACTORS[name], ACTORS[FOLLOWING[FOLLOWING.index(name) - 1]]
    stolen = {"actor": other["actor"]["id"], "id": other["follow"]["id"]}
    outcome = await come(follow(loaded, **stolen), other)
    assert isinstance(outcome, Refused)
    assert outcome.reason is Reason.OWNER


@pytest.mark.parametrize("name", FOLLOWING)
async def test_an_accept_echoes_the_follow_of_another_server_as_it_came(name: str) -> None:
    """Some servers find their Follow by its id, some by its actor and object, and may compare the rest."""
    asked = ACTORS[name]["follow"]
    outcome = await come(follow(ACTORS[name]), ACTORS[name])
    assert isinstance(outcome, Verified)
    accept = accept_or_reject("Accept", f"{NODE}/federation/1", LIVE, outcome.activity.document)
    assert (accept["type"], accept["actor"], accept["to"]) == ("Accept", LIVE, [asked["actor"]])
    assert accept["object"] == {member: value for member, value in asked.items() if member != "@context"}


async def test_the_word_that_old_servers_write_before_their_signature_is_skipped() -> None:
    """Early versions of PeerTube's signature library write the header like an Authorization header."""
    loaded = ACTORS["peertube"]
    assert isinstance(await come(follow(loaded, f"Signature {loaded['signature']}"), loaded), Verified)


def ours() -> Json:
    keys = (*actor(LIVE).keys, ed25519_actor_key(LIVE))
    fields = (("Stream", "a"), ("Server", "b"))
    return write_actor(actor(LIVE, type="Service", name="Live", url=f"{NODE}/", fields=fields, keys=keys))


def test_our_actor_has_what_each_of_them_asks_of_one() -> None:
    document = ours()
    # Mastodon drops a page on another host, Misskey an inbox or a collection
    places = ("url", "inbox", "outbox", "followers")
    assert all(same_authority(document[name], LIVE) for name in places)
    assert same_authority(document["endpoints"]["sharedInbox"], LIVE)
    # Lemmy and PeerTube read one key, and this only in SPKI
    key = document["publicKey"]
    assert (key["id"], key["owner"]) == (f"{LIVE}#main-key", LIVE)
    assert re.fullmatch(r"-----BEGIN PUBLIC KEY-----\n[^-]+\n-----END PUBLIC KEY-----\n", key["publicKeyPem"])
    # GoToSocial reads the type of the picture, Misskey takes names of word characters, and of 128 at most
    assert re.fullmatch(r"\w([\w-]{0,126}\w)?", document["preferredUsername"])
    # Mastodon takes a lone field for none
    assert len([each for each in document["attachment"] if each["type"] == "PropertyValue"]) == 2
    assert document["@context"][:2] == ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]
