"""The protocol of featured streams: writing it, reading it, and finding a server that can be asked."""

from dataclasses import replace
from typing import Any

import pytest

from activitypub import nodeinfo
from activitypub.directory import (
    CAPABILITY,
    MAX_DESCRIPTION,
    MAX_TAGS,
    MAX_TITLE,
    NS,
    StreamStatus,
    find_server_actor,
    is_directory_follow,
    parse_offer,
    write_follow,
    write_leave,
    write_offer,
)
from activitypub.network.fetch import FetchFailed
from activitypub.nodeinfo import NodeInfo
from activitypub.strictjson import Json
from activitypub.urls import parse_url
from activitypub.webfinger import Handle, actor_jrd, write_jrd
from tests.activitypub.test_discovery import Web
from tests.kit.actors import ANN, document

US = "https://node.example/federation/user/streamer"
NEWS = StreamStatus(
    True,
    "Morning on the canal",
    "Slow boats",
    "Quiet Waters",
    "https://node.example/logo",
    "https://node.example/thumbnail.jpg",
    ("boats", "slow-tv"),
)


def test_an_offer_says_what_is_on_and_is_read_back() -> None:
    made = write_offer(f"{US}#offer/1", US, "https://node.example", NEWS, [ANN])
    assert (made["type"], made["actor"], made["object"], made["to"]) == ("Offer", US, "https://node.example", [ANN])
    assert made["https://owncast.online/ns#streamStatus"] == "live"
    assert made["https://owncast.online/ns#streamTags"] == ["boats", "slow-tv"]
    assert parse_offer(made) == NEWS


def test_a_stream_is_offline_if_the_offer_says_so() -> None:
    assert parse_offer(write_offer("i", US, "https://node.example", replace(NEWS, live=False), [])).live is False
    assert write_leave("i", US, "https://node.example", [ANN])[f"{NS}streamStatus"] == "offline"


def test_our_follow_is_one_of_a_directory() -> None:
    made = write_follow(f"{US}#follow/1", US, ANN, NEWS)
    assert (made["type"], made["object"], made["to"]) == ("Follow", ANN, [ANN])
    assert made[f"{NS}directory"] is True
    assert made[f"{NS}serverName"] == "Quiet Waters"
    assert made[f"{NS}streamStatus"] == "live"
    assert is_directory_follow(made)


@pytest.mark.parametrize(
    ("value", "asks"),
    [
        (True, True),
        ([True], True),
        ({"@value": True}, True),
        ([{"@value": "true"}], True),
        (False, False),
        (None, False),
        ("yes", False),
        (1.5, False),
        ([True, True], False),
        ({"@list": [True]}, False),
    ],
)
def test_a_directory_says_so_in_any_spelling_of_true(value: Any, asks: bool) -> None:
    assert is_directory_follow({"type": "Follow", f"{NS}directory": value}) is asks


def test_an_ordinary_follow_is_not_of_a_directory() -> None:
    assert not is_directory_follow({"type": "Follow", "directory": True})


def test_what_another_server_says_is_cut_to_its_limits() -> None:
    found = parse_offer(
        {
            f"{NS}streamTitle": "t" * 5000,
            f"{NS}streamDescription": "d" * 5000,
            f"{NS}serverName": "\u202eevil\u200b name",
            f"{NS}logoUrl": "javascript:alert(1)",
            f"{NS}thumbnailUrl": {"@id": "https://far.example/now.jpg"},
            f"{NS}streamTags": [f"#tag{n}" for n in range(500)] + ["x" * 500],
        }
    )
    assert (len(found.title), len(found.description)) == (MAX_TITLE, MAX_DESCRIPTION)
    assert (found.name, found.logo, found.thumbnail) == ("evil name", "", "https://far.example/now.jpg")
    assert (len(found.tags), found.tags[0]) == (MAX_TAGS, "tag0")


@pytest.mark.parametrize("odd", [None, 7, True, {}, [], ["a", "b"], {"@value": {"a": 1}}, [[["deep"]]]])
def test_values_of_other_kinds_read_as_nothing(odd: Any) -> None:
    names = ("streamTitle", "streamDescription", "serverName", "logoUrl", "thumbnailUrl", "streamStatus")
    found = parse_offer({f"{NS}{name}": odd for name in names})
    assert found == StreamStatus(True)
    assert all(isinstance(tag, str) for tag in parse_offer({f"{NS}streamTags": odd}).tags)


def far(metadata: Any = None, actor: str = ANN) -> dict[str, Any]:
    """Return the documents of a server whose actor is ann."""
    federation = {"username": "ann", CAPABILITY: 1} if metadata is None else metadata
    facts = NodeInfo("faraway", "1.0.0", metadata={"federation": federation})
    site = "https://remote.example"
    query = "resource=acct:ann@remote.example"
    jrd = actor_jrd(Handle("ann", "remote.example"), actor, page=f"{site}/")
    documents: dict[str, Json] = {
        f"{site}/.well-known/nodeinfo": nodeinfo.write_index(site),
        f"{site}/nodeinfo/2.1": nodeinfo.write_document("2.1", facts),
        f"{site}/.well-known/webfinger?{query}": write_jrd(jrd),
        ANN: document(),
    }
    return documents


async def test_a_server_that_lets_itself_be_featured_is_found_by_its_address() -> None:
    found = await find_server_actor(parse_url("https://remote.example/some/page"), Web(far()))
    assert found.id == ANN


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        [],
        "yes",
        {"username": "ann"},
        {"username": "ann", CAPABILITY: 0},
        {"username": "ann", CAPABILITY: True},
        {CAPABILITY: 1},
        {"username": 7, CAPABILITY: 1},
    ],
)
async def test_a_server_that_does_not_is_not_asked(metadata: Any) -> None:
    with pytest.raises(FetchFailed, match="does not offer to be featured"):
        await find_server_actor(parse_url("https://remote.example"), Web(far(metadata)))


async def test_a_server_cannot_name_an_actor_of_another_one() -> None:
    with pytest.raises(FetchFailed, match="no actor of this server"):
        await find_server_actor(parse_url("https://remote.example"), Web(far(actor="https://victim.example/users/bob")))


@pytest.mark.parametrize("missing", range(4))
async def test_a_server_that_lacks_a_document_is_not_found(missing: int) -> None:
    documents = far()
    del documents[list(documents)[missing]]
    with pytest.raises(FetchFailed):
        await find_server_actor(parse_url("https://remote.example"), Web(documents))


@pytest.mark.parametrize("broken", range(3))
async def test_a_server_with_a_broken_document_is_not_found(broken: int) -> None:
    documents = far()
    documents[list(documents)[broken]] = {"links": 7}
    with pytest.raises(FetchFailed):
        await find_server_actor(parse_url("https://remote.example"), Web(documents))
