"""The security checklist of the inbox, with the test of each line; and tests of the lines that have none elsewhere.

The table is read by the first test: a test that is renamed or taken away has to be replaced here.
"""

import logging
import re
from collections.abc import AsyncIterator, Mapping

import pytest

from fedistream.core.log_buffer import hush_drivers
from fedistream.db import Database
from fedistream.federation.keys import NODE
from fedistream.federation.models import FederationKeyRow
from fedistream.federation.posts.values import Post
from fedistream.jobs.models import OutboxRow
from tests.house.tree import ROOT
from tests.kit.federated import LIVE, Federated, federated

INBOX, FETCH, CLIENT = (
    "activitypub/test_inbox.py",
    "activitypub/network/test_fetch.py",
    "activitypub/network/test_http_client.py",
)
JSON, CAVAGE = "activitypub/test_strictjson.py", "activitypub/signatures/test_cavage.py"
LIMITER, EXCERPT = "activitypub/network/test_fetch_limiter.py", "fedistream/federation/test_remote_html.py"
SERVICE, LISTS = "fedistream/federation/inbox/test_service.py", "fedistream/federation/followers/test_blocklists.py"
HERE, PACE = "fedistream/federation/test_checklist.py", "fedistream/federation/test_rate_limits.py"

CHECKLIST: Mapping[str, tuple[tuple[str, str], ...]] = {
    "a body of at most 1 MiB": (
        (INBOX, "test_a_body_over_one_mebibyte_is_refused"),
        (JSON, "test_a_body_over_the_size_is_refused_unread"),
    ),
    "content types by a list": (
        (INBOX, "test_only_activities_are_taken"),
        (FETCH, "test_an_upload_that_looks_like_a_document_is_not_believed"),
    ),
    "depth and members": (
        (JSON, "test_depth_counts_objects_and_lists"),
        (JSON, "test_keys_are_counted_over_the_whole_document"),
        (INBOX, "test_the_worst_documents_are_answered_in_bounded_time"),
    ),
    "no NaN, no members twice": ((JSON, "test_a_document_with_two_readings_is_refused"),),
    "nothing is unpacked": (
        (INBOX, "test_a_compressed_body_is_never_decompressed"),
        (FETCH, "test_a_compressed_document_is_refused_and_one_that_says_it_is"),
    ),
    "the owner of the key is the actor": (
        (INBOX, "test_the_signer_must_be_the_actor"),
        (INBOX, "test_a_stolen_name_with_another_key_is_refused"),
        (SERVICE, "test_a_follow_signed_by_another_key_changes_nothing"),
    ),
    "the hosts of actor, id and object": (
        (INBOX, "test_the_id_must_be_of_the_host_of_the_actor"),
        (INBOX, "test_an_embedded_object_of_another_author_is_refused"),
        ("activitypub/test_ownership.py", "test_nobody_writes_for_another_author_or_host"),
    ),
    "what is fetched has the id that was asked for": (
        (FETCH, "test_a_document_that_claims_the_id_of_another_host_is_fetched_there"),
        (FETCH, "test_a_server_that_serves_the_id_of_another_by_redirect_is_not_believed"),
    ),
    "digest and host are signed and checked": (
        (CAVAGE, "test_a_signature_over_less_than_the_whole_request_is_refused"),
        (CAVAGE, "test_a_digest_of_another_body_is_refused"),
        (INBOX, "test_an_activity_for_another_node_is_refused"),
    ),
    "no other algorithm than the key's": (
        (CAVAGE, "test_our_verifier_is_not_fooled_whatever_the_forger_calls_the_algorithm"),
        (CAVAGE, "test_no_other_algorithm_is_verified"),
    ),
    "the window of dates": (
        (CAVAGE, "test_a_date_outside_the_window_is_refused"),
        (INBOX, "test_a_signature_outside_the_window_is_refused"),
    ),
    "once, with whatever content": (
        (INBOX, "test_the_same_activity_counts_once_even_with_other_content"),
        (SERVICE, "test_what_was_seen_once_is_not_acted_on_again"),
        (SERVICE, "test_what_was_heard_long_ago_is_forgotten"),
    ),
    "private addresses, at the socket": (
        (CLIENT, "test_every_spelling_of_an_address_that_is_not_public_is_refused_at_the_socket"),
        ("activitypub/network/test_guard.py", "test_other_schemes_and_ports_are_refused"),
        ("activitypub/network/test_guard.py", "test_only_the_listed_host_and_port_are_meant"),
    ),
    "redirects by hand, twice": (
        (FETCH, "test_a_third_redirect_is_one_too_many"),
        (FETCH, "test_a_redirect_into_the_private_network_is_blocked"),
        (FETCH, "test_redirects_are_followed_twice_and_signed_anew_each_time"),
    ),
    "answers in time and size": (
        (CLIENT, "test_a_response_without_end_is_cut_off"),
        (CLIENT, "test_a_response_that_takes_too_long_is_given_up"),
        (CLIENT, "test_a_proxy_of_the_environment_is_not_used"),
    ),
    "markup and names": (
        (EXCERPT, "test_what_could_do_harm_is_left_out"),
        (EXCERPT, "test_whatever_comes_what_is_shown_has_known_tags_and_is_never_blank"),
        ("fedistream/core/test_plain_text.py", "test_what_shows_nothing_or_turns_the_line_is_left_out"),
        ("activitypub/test_properties.py", "test_a_name_loses_what_makes_it_look_like_another"),
    ),
    "pictures and emoji of strangers are not loaded": ((EXCERPT, "test_pictures_are_described_and_never_shown"),),
    "one fetch for many, failures kept, a budget": (
        (LIMITER, "test_a_hundred_requests_for_one_url_share_a_fetch"),
        (LIMITER, "test_a_failure_is_cached_for_a_while"),
        (LIMITER, "test_a_host_is_asked_no_more_often_than_the_limit_allows"),
    ),
    "no more is fetched than who signed": ((HERE, "test_what_a_message_names_is_not_fetched"),),
    "blocks before the key": (
        (INBOX, "test_a_blocked_host_is_refused_before_its_key_is_fetched"),
        (SERVICE, "test_a_blocked_domain_is_not_even_fetched_from"),
    ),
    "lists of blocks, and of whom we know": (
        (LISTS, "test_a_list_adds_what_is_not_blocked_and_says_so_before"),
        (LISTS, "test_by_the_setting_only_known_domains_are_heard"),
    ),
    "a pace for each server": (
        (SERVICE, "test_the_rate_limit_of_one_type_leaves_other_activities"),
        (PACE, "test_a_host_is_held_to_it_however_many_actors_it_has"),
        (PACE, "test_every_kind_of_activity_has_its_pace"),
    ),
    "keys are the operator's alone": (
        ("fedistream/db/test_engine.py", "test_what_is_made_can_be_read_by_its_owner_only"),
        ("activitypub/signatures/test_keys.py", "test_a_private_key_does_not_show_itself"),
        (HERE, "test_each_channel_has_a_key_of_its_own_and_none_is_in_the_log"),
    ),
}


def test_each_line_is_held_by_tests_that_are_there() -> None:
    there: dict[str, set[str]] = {}
    for path in {path for held in CHECKLIST.values() for path, _ in held}:
        there[path] = set(
            re.findall(r"^ *(?:async )?def (test_\w+)", (ROOT / "tests" / path).read_text(), re.MULTILINE)
        )
    assert not [(path, name) for held in CHECKLIST.values() for path, name in held if name not in there[path]]


@pytest.fixture
async def node(database: Database) -> AsyncIterator[Federated]:
    async with federated() as made:
        yield made


async def published(node: Federated) -> Post:
    return await node.feature.posts.publish(node.home, "Hello")


async def test_what_a_message_names_is_not_fetched(node: Federated) -> None:
    """A note names many URLs. Only the actor whose key signed it is fetched."""
    far = node.ann.server.origin
    note = {
        "type": "Note",
        "id": f"{far}/notes/1",
        "attributedTo": node.ann.id,
        "inReplyTo": f"{far}/notes/0",
        "context": f"{far}/contexts/1",
        "quote": f"{far}/notes/2",
        "content": f'<p><img src="{far}/a.png">Hello <a href="{far}/b">you</a></p>',
        "to": ["https://www.w3.org/ns/activitystreams#Public", f"{far}/users/ann/followers"],
        "cc": [LIVE, *(f"{far}/users/{number}" for number in range(50))],
        "tag": [
            {"type": "Mention", "href": LIVE, "name": "@streamer"},
            {"type": "Emoji", "name": ":x:", "icon": {"type": "Image", "url": f"{far}/x.png"}},
        ],
        "attachment": [{"type": "Image", "url": f"{far}/c.png"}],
        "replies": {"type": "Collection", "id": f"{far}/replies", "first": f"{far}/replies?page=1"},
    }
    post = await published(node)
    for each in (
        node.ann.activity("Create", note),
        node.ann.activity("Announce", note | {"id": post.url}, target=f"{far}/targets/1"),
        node.ann.activity("Flag", [LIVE, f"{far}/notes/1"]),
        node.ann.activity("QuoteRequest", post.url, instrument=f"{far}/notes/1"),
    ):
        assert await node.take(each) in {"taken", "foreign"}
    assert {request.target for request in node.ann.server.asked} == {"/users/ann"}


async def test_each_channel_has_a_key_of_its_own_and_none_is_in_the_log(
    node: Federated, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hush_drivers()
    pots = await node.channels.make("pots")
    await node.feature.documents.actor(pots)
    await node.follow()
    await node.feature.profiles.rotate()
    await published(node)
    rows = await FederationKeyRow.all()
    assert {row.channel_id for row in rows} == {NODE, node.home.id, pots.id}
    pems = {pem for row in rows for pem in (row.pem, row.old_pem)}
    assert len(pems) == 6
    sent = "".join([row.body for row in await OutboxRow.all()])
    for pem in pems:
        secret = str(pem).splitlines()[3]
        assert secret not in caplog.text, "the log has a private key in it"
        assert secret not in sent
