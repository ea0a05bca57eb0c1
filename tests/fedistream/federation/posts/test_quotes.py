"""Quotes: who asks is told yes with a stamp that others can read, or no; and a yes can be taken back."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from activitypub.addressing import PUBLIC
from fedistream.core.errors import Gone, NotFound
from fedistream.db import Database
from fedistream.federation.models import QuoteRow
from fedistream.federation.posts.quotes import REVOKED_FOR
from tests.kit.federated import LIVE, ORIGIN, Federated, federated


@pytest.fixture
async def node(database: Database) -> AsyncIterator[Federated]:
    async with federated() as made:
        yield made


async def published(node: Federated) -> str:
    return (await node.feature.posts.publish(node.home, "Hello")).url


async def ask(node: Federated, post: str, number: int = 1) -> dict[str, object]:
    """The answer to the request to quote it in a post of Ann's."""
    quoting = {"type": "Note", "id": f"{node.ann.id}/notes/{number}", "attributedTo": node.ann.id, "content": "x"}
    assert await node.take(node.ann.activity("QuoteRequest", post, instrument=quoting)) == "taken"
    inbox, answer = (await node.sent())[-1]
    assert inbox == f"{node.ann.id}/inbox"
    assert answer["object"]["instrument"] == quoting["id"]
    return answer


async def test_a_quote_request_gets_a_stamp_that_names_both_posts(node: Federated) -> None:
    post = await published(node)
    answer = await ask(node, post)
    assert (answer["type"], answer["actor"]) == ("Accept", LIVE)
    stamp = str(answer["result"])
    assert stamp.startswith(f"{ORIGIN}/federation/quotes/")
    document = await node.feature.policies.quotes.stamp(stamp.rpartition("/")[2])
    assert {name: document[name] for name in document if name != "@context"} == {
        "id": stamp,
        "type": "QuoteAuthorization",
        "attributedTo": LIVE,
        "interactingObject": f"{node.ann.id}/notes/1",
        "interactionTarget": post,
    }
    assert await node.feature.policies.quotes.count(post.rpartition("/")[2]) == 1


async def test_a_repeated_quote_request_gets_the_same_stamp(node: Federated) -> None:
    post = await published(node)
    assert (await ask(node, post))["result"] == (await ask(node, post))["result"]
    assert (await ask(node, post, 2))["result"] != (await ask(node, post))["result"]
    assert await QuoteRow.all().count() == 2


async def test_by_the_setting_nobody_may_and_posts_say_so(node: Federated) -> None:
    before = await published(node)
    await node.settings.change("federation.quotes", False)
    answer = await ask(node, before)
    assert (answer["type"], answer.get("result")) == ("Reject", None)
    policies = []
    for allowed in (False, True):
        await node.settings.change("federation.quotes", allowed)
        post = await node.feature.posts.publish(node.home, "Hello")
        policies.append(post.document["interactionPolicy"]["canQuote"]["automaticApproval"])
    assert policies == [[LIVE], [PUBLIC]]


async def test_what_cannot_be_read_cannot_be_quoted(node: Federated) -> None:
    post = await published(node)
    await node.settings.change("federation.private", True)
    assert (await ask(node, post))["type"] == "Reject"
    asked = node.ann.activity("QuoteRequest", f"{ORIGIN}/federation/none", instrument=f"{node.ann.id}/1")
    before = len(await node.sent())
    assert await node.take(asked) == "taken"
    assert len(await node.sent()) == before
    assert await node.take(node.ann.activity("QuoteRequest", post)) == "foreign"  # without the post that quotes


async def test_a_post_of_another_server_is_not_authorized(node: Federated) -> None:
    asked = node.ann.activity("QuoteRequest", await published(node), instrument="https://elsewhere.example/1")
    assert await node.take(asked) == "foreign"
    assert await QuoteRow.all().count() == 0


async def test_a_stamp_that_is_taken_back_is_gone_and_not_given_again(node: Federated) -> None:
    quotes, post = node.feature.policies.quotes, await published(node)
    stamp = str((await ask(node, post))["result"])
    quote_id = stamp.rpartition("/")[2]
    await quotes.revoke(quote_id)
    await quotes.revoke(quote_id)
    gone = [each for _, each in await node.sent() if each["type"] == "Delete"]
    assert [(each["object"]["id"], each["object"]["formerType"]) for each in gone] == [(stamp, "QuoteAuthorization")]
    with pytest.raises(Gone):
        await quotes.stamp(quote_id)
    assert (await ask(node, post))["type"] == "Reject"
    assert await quotes.count(post.rpartition("/")[2]) == 0
    (quote,) = (await quotes.page(node.home.id)).items
    assert (quote.post, quote.revoked_at is not None) == (post, True)
    for call in (quotes.revoke, quotes.stamp):
        with pytest.raises(NotFound):
            await call("none")


async def test_of_a_post_that_is_taken_back_no_stamp_is_left(node: Federated) -> None:
    post = await published(node)
    stamp = str((await ask(node, post))["result"])
    await node.feature.posts.delete(post.rpartition("/")[2])
    with pytest.raises(Gone):
        await node.feature.policies.quotes.stamp(stamp.rpartition("/")[2])


async def test_what_was_taken_back_is_remembered_while_the_post_can_be_quoted(node: Federated) -> None:
    posts = [await published(node) for _ in range(2)]
    stamps = [str((await ask(node, post))["result"]) for post in posts]
    kept, gone = (stamp.rpartition("/")[2] for stamp in stamps)
    for quote_id in (kept, gone):
        await node.feature.policies.quotes.revoke(quote_id)
    await node.feature.posts.delete(posts[1].rpartition("/")[2])
    node.clock.ahead += (REVOKED_FOR - timedelta(hours=1)).total_seconds()
    await node.feature.federation.prune()
    assert await QuoteRow.all().count() == 2
    node.clock.ahead += timedelta(hours=2).total_seconds()
    await node.feature.federation.prune()
    assert [row.id for row in await QuoteRow.all()] == [kept]
    assert (await ask(node, posts[0]))["type"] == "Reject"


async def test_a_stamp_that_holds_is_not_forgotten(node: Federated) -> None:
    post = await published(node)
    await ask(node, post)
    await node.feature.posts.delete(post.rpartition("/")[2])
    node.clock.ahead += (2 * REVOKED_FOR).total_seconds()
    await node.feature.federation.prune()
    assert await QuoteRow.all().count() == 1
