"""A Fedify server and our node, over http and over https: each verifies what the other signs, and understands it."""

import re
from typing import Any

import pytest

from fedistream.federation.posts.values import Draft, Mention
from tests.kit.federating import FederatedNode, until
from tests.kit.fedify import Account, Fedify, PeerFailed
from tests.kit.signing import ACTIVITY_JSON

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def follow(account: Account, home: FederatedNode) -> str:
    """Have the account follow us and be let in; gives the id of the Follow."""
    sent = await account.do("follow", home.us, object=home.us)
    accepted = await account.peer.activity("Accept", home.us, id=sent["id"])
    assert accepted["status"] == 202
    return str(sent["id"])


async def post(home: FederatedNode, peer: Fedify, text: str) -> str:
    """Post to the followers; gives the URL of the note as the peer has read it."""
    await home.tell("federation/send", value=text)
    create = await peer.activity("Create", home.us, content=f"<p>{text}</p>")
    return str(create["read"]["object"]["id"])


def many(member: Any) -> list[Any]:
    """Return what JSON-LD writes without a list where there is but one."""
    return member if isinstance(member, list) else [member]


async def lines(home: FederatedNode) -> list[str]:
    """Return what the chat of the home channel says."""
    features = home.node.node.features
    return [message.body for message in await features.chat.messages.history(features.channels.home().id)]


async def test_it_follows_is_let_in_hears_of_posts_and_leaves_again(home: FederatedNode, peer: Fedify) -> None:
    ann = peer.account("ann")
    sent = await ann.do("follow", home.us, object=home.us)
    accept = await peer.activity("Accept", home.us, id=sent["id"])
    assert (accept["status"], accept["read"]["object"]["type"]) == (202, "Follow")
    assert ann.url in await home.links("")
    await home.tell("federation/send", value="On *air*")
    create = await peer.activity("Create", home.us, content="<p>On <em>air</em></p>")
    # to the shared inbox, once for all who follow from there
    assert (create["path"], create["read"]["object"]["attributedTo"]) == ("/inbox", home.us)
    assert create["activity"]["to"] == "as:Public"

    # a repeated Follow is accepted twice, and counts once
    again = await ann.do("follow", home.us, object=home.us)
    await peer.activity("Accept", home.us, id=again["id"])
    assert (await home.links("")).count(ann.url) == 1
    await ann.undo(again, home.us)
    assert ann.url not in await home.links("")
    assert "Ann of Fedify followed this stream." in await until(lambda: lines(home))


async def test_in_a_private_channel_it_is_held_approved_blocked_and_forgiven(home: FederatedNode, peer: Fedify) -> None:
    bea = peer.account("bea")
    await home.change("federation/private", True)
    try:
        sent = await bea.do("follow", home.us, object=home.us)
        assert (bea.url in await home.links("pending"), bea.url in await home.links("")) == (True, False)
        await home.tell("followers/approve", actorIRI=bea.url, approved=True)
        await peer.activity("Accept", home.us, id=sent["id"])
        # followers only: nobody is told of it but them, and nobody else can read it
        hidden = await post(home, peer, "Among us")
        assert await peer.ask("look", url=hidden) is None

        await home.tell("followers/approve", actorIRI=bea.url, approved=False)
        await peer.activity("Reject", home.us, id=sent["id"])
        assert bea.url in await home.links("blocked")
        with pytest.raises(PeerFailed) as refused:
            await bea.do("follow", home.us, object=home.us)
        assert refused.value.status == 403
        await home.tell("followers/remove", actorIRI=bea.url)
        await bea.do("follow", home.us, object=home.us)
        assert bea.url in await home.links("pending")
    finally:
        await home.change("federation/private", False)


async def test_a_post_is_edited_and_taken_back(home: FederatedNode, peer: Fedify) -> None:
    await follow(peer.account("emil"), home)
    posts, note = home.node.node.features.federation.posts, await post(home, peer, "First")
    post_id = note.rpartition("/")[2]
    await posts.edit(post_id, Draft("Second #boats"))
    update = await peer.activity("Update", home.us, id=note)
    assert "Second" in update["read"]["object"]["content"]
    assert update["read"]["object"]["updated"] is not None
    assert [tag["name"] for tag in many(update["activity"]["object"]["tag"])] == ["#boats"]
    await posts.delete(post_id)
    delete = await peer.activity("Delete", home.us, id=note)
    assert delete["read"]["object"]["type"] == "Tombstone"
    answer = await home.http.get(f"/federation/{post_id}", headers={"Accept": ACTIVITY_JSON})
    assert (answer.status_code, answer.json()["type"]) == (410, "Tombstone")


async def test_one_person_alone_is_told(home: FederatedNode, peer: Fedify) -> None:
    jo, features = peer.account("jo"), home.node.node.features
    to = Mention(jo.url, f"jo@{peer.authority}", f"{jo.url}/inbox")
    await features.federation.posts.direct(features.channels.home(), to, "<p>The code is 123456</p>")
    create = await peer.activity("Create", home.us, content="<p>The code is 123456</p>")
    assert (create["path"], create["activity"]["to"]) == ("/users/jo/inbox", jo.url)
    path = create["read"]["object"]["id"].removeprefix(home.origin)
    assert (await home.http.get(path, headers={"Accept": ACTIVITY_JSON})).status_code == 404


async def test_mentioned_accounts_that_are_found_get_the_post_without_following(
    home: FederatedNode, peer: Fedify
) -> None:
    kit = peer.account("kit")
    if home.origin.startswith("http:"):  # handles are looked up over https alone, so this one stays text
        await follow(peer.account("lea"), home)
        await home.tell("federation/send", value=f"Ahoy @kit@{peer.authority}")
        create = await peer.activity("Create", home.us, about="Ahoy")
        assert "tag" not in create["activity"]["object"]
        return
    await home.tell("federation/send", value=f"Ahoy @kit@{peer.authority}")
    create = await peer.activity("Create", home.us, about=kit.url)
    assert {tag["href"] for tag in many(create["activity"]["object"]["tag"])} == {kit.url}


async def test_its_likes_reactions_and_shares_are_counted_told_and_taken_back(
    home: FederatedNode, peer: Fedify
) -> None:
    cleo = peer.account("cleo")
    await follow(cleo, home)
    note = await post(home, peer, "Like this")

    async def counted() -> tuple[int, int]:
        found = await peer.ask("look", url=note)
        return found["likes"]["totalItems"], found["shares"]["totalItems"]

    like = await cleo.do("like", home.us, object=note)
    react = await cleo.do("react", home.us, object=note, content="🎉")
    share = await cleo.do("announce", home.us, object=note)
    assert await counted() == (2, 1)
    actions = (await home.ask("admin/federation/actions"))["results"]
    done = [each["type"] for each in actions if (each["iri"], each["actorIRI"]) == (note, cleo.url)]
    assert sorted(done) == sorted(f"FEDIVERSE_ENGAGEMENT_{kind}" for kind in ("LIKE", "LIKE", "REPOST"))
    told = await until(lambda: lines(home), lambda said: any("shared a post" in line for line in said))
    assert "Cleo of Fedify liked a post from Fedistream." in told
    assert "Cleo of Fedify reacted with 🎉 to a post from Fedistream." in told
    assert [each.get("reaction") for each in actions if "reaction" in each] == ["🎉"]
    for each in (like, react, share):
        await cleo.undo(each, home.us)
    assert await counted() == (0, 0)


async def test_its_replies_are_held_shown_edited_and_taken_back_in_the_chat(home: FederatedNode, peer: Fedify) -> None:
    moa, features = peer.account("moa"), home.node.node.features
    await follow(moa, home)
    channel, replies = features.channels.home().id, features.federation.replies
    note = await post(home, peer, "Say something")
    reply = await moa.do("write", home.us, name="moa1", about=note, mention=home.us, content="<p>Ahoy <b>there</b></p>")
    (held,) = (each for each in (await replies.held(channel)).items if each.note == reply["note"])
    assert (held.actor, held.text) == (moa.url, "Ahoy there")
    await replies.approve(channel, held.note)
    await until(lambda: lines(home), lambda said: "Ahoy there" in said)

    await features.settings.change("federation.replies", "on")
    try:
        await moa.do("write", home.us, name="moa2", about=reply["note"], content="<p>And one more</p>")
        await until(lambda: lines(home), lambda said: "And one more" in said)
        await moa.do("edit", home.us, name="moa2", content="<p>And two more</p>")
        await until(lambda: lines(home), lambda said: "And two more" in said and "And one more" not in said)
        await moa.do("delete", home.us, name="moa2")
        await until(lambda: lines(home), lambda said: "And two more" not in said)
        # a delivery that was late does not bring back what was deleted
        await moa.do("edit", home.us, name="moa2", content="<p>And three</p>")
        await moa.do("write", home.us, name="moa3", mention=home.us, content="<p>A mention</p>")
        said = await until(lambda: lines(home), lambda said: "A mention" in said)
        assert "And three" not in said
    finally:
        await features.settings.change("federation.replies", "held")


async def test_the_streamers_answer_is_a_reply_of_ours(home: FederatedNode, peer: Fedify) -> None:
    ned, features = peer.account("ned"), home.node.node.features
    reply = await ned.do("write", home.us, name="ned1", mention=home.us, content="<p>Where is the boat?</p>")
    await features.federation.replies.answer(features.channels.home(), reply["note"], "In the harbour")
    create = await peer.activity("Create", home.us, inReplyTo=reply["note"])
    assert "In the harbour" in create["read"]["object"]["content"]
    assert ned.url in create["activity"]["cc"]


async def test_its_reports_reach_the_admin_and_its_quotes_get_a_stamp(home: FederatedNode, peer: Fedify) -> None:
    ole, features = peer.account("ole"), home.node.node.features
    await follow(ole, home)
    note = await post(home, peer, "Quote this")
    await ole.do("flag", home.us, objects=[home.us, note], content="Too many boats")
    flags = (await features.federation.policies.flags.page()).items
    assert [(flag.objects, flag.content) for flag in flags if flag.actor == ole.url] == [
        ((home.us, note), "Too many boats")
    ]
    quote = await ole.do("quote", home.us, name="ole1", object=note, content="<p>See</p>")
    accept = await peer.activity("Accept", home.us, about=quote["id"])
    stamp = await peer.ask("look", url=accept["activity"]["result"])
    assert stamp["type"] == "QuoteAuthorization"
    assert (stamp["interactingObject"], stamp["interactionTarget"]) == (quote["note"], note)


async def test_a_server_with_authorized_fetch_is_read_with_a_signature(home: FederatedNode, peer: Fedify) -> None:
    await follow(peer.account("pia"), home)
    note = await post(home, peer, "For known servers")
    settings = home.node.node.features.settings
    await settings.change("federation.signed_reading", True)
    try:
        path = note.removeprefix(home.origin)
        assert (await home.http.get(path, headers={"Accept": ACTIVITY_JSON})).status_code == 401
        assert await peer.ask("look", url=note) is None
        shown = await peer.ask("look", url=note, **{"as": "pia"})
        assert shown["content"] == "<p>For known servers</p>"
    finally:
        await settings.change("federation.signed_reading", False)


async def test_a_move_confirmed_by_the_new_account_is_followed(home: FederatedNode, peer: Fedify) -> None:
    rex, sue = peer.account("rex"), peer.account("sue")
    await follow(rex, home)
    await peer.ask("become", account="sue", aliases=["rex"])
    await rex.do("move", home.us, target="sue")
    await until(lambda: home.links(""), lambda found: rex.url not in found)
    assert sue.url not in await home.links("")  # she has to ask for herself
    await follow(sue, home)

    tom = peer.account("tom")
    await follow(tom, home)
    await tom.do("move", home.us, target="rex")
    assert tom.url in await home.links("")


async def test_a_visitor_signs_in_to_the_chat_with_an_account_over_there(home: FederatedNode, peer: Fedify) -> None:
    registered = (await home.http.post("/api/chat/register", json={"displayName": "Visitor"})).json()
    token, account = {"accessToken": registered["accessToken"]}, f"@quin@{peer.authority}"
    asked = await home.http.post("/api/auth/fediverse", params=token, json={"account": account})
    if home.origin.startswith("http:"):  # nobody is looked up there
        assert asked.status_code == 400, asked.text
        return
    assert asked.status_code == 200, asked.text
    letter = await peer.activity("Create", home.us, about=peer.account("quin").url)
    code = re.search(r"\b\d{6}\b", letter["read"]["object"]["content"])
    assert code is not None
    typed = await home.http.post("/api/auth/fediverse/verify", params=token, json={"code": code[0]})
    assert typed.status_code == 200, typed.text


async def test_renames_blocks_and_deletions_of_a_peer_are_applied(home: FederatedNode, peer: Fedify) -> None:
    dora, finn = peer.account("dora"), peer.account("finn")
    await follow(dora, home)
    await follow(finn, home)
    await peer.ask("become", account="dora", name="Dora the Renamed")
    await dora.do("profile", home.us)
    found = (await home.ask("followers"))["results"]
    assert next(each["name"] for each in found if each["link"] == dora.url) == "Dora the Renamed"
    await dora.do("block", home.us, object=home.us)
    assert dora.url not in await home.links("")
    await finn.do("leave", home.us)
    assert finn.url not in await home.links("")


@pytest.mark.parametrize(("unknown", "known"), [("cavage", "rfc9421"), ("rfc9421", "cavage")])
async def test_a_server_that_takes_one_kind_of_signature_gets_that_one(
    home: FederatedNode, peer: Fedify, unknown: str, known: str
) -> None:
    gus = peer.account(f"gus{known}")
    await peer.ask("refuse", scheme=unknown)
    try:
        await follow(gus, home)
        await post(home, peer, f"By {known}")
        before = len(peer.seen)
        await post(home, peer, f"By {known} again")
        # what the first delivery has found out is remembered for the later ones
        assert {(record["scheme"], record["status"]) for record in peer.seen[before:]} == {(known, 202)}
    finally:
        await peer.ask("refuse")
    assert any((record["scheme"], record["status"]) == (known, 202) for record in peer.seen)


@pytest.mark.parametrize("unknown", ["cavage", "rfc9421"])
async def test_accounts_that_only_known_servers_may_read_are_read_with_the_nodes_signature(
    home: FederatedNode, peer: Fedify, unknown: str
) -> None:
    hana = peer.account(f"hana{unknown}")
    await peer.ask("guard", account=hana.name)
    await peer.ask("refuse", scheme=unknown)
    try:
        await follow(hana, home)
    finally:
        await peer.ask("refuse")
        await peer.ask("guard")
    assert hana.url in await home.links("")
    owners = {reader["owner"] for reader in await peer.ask("readers") if reader["path"].endswith(hana.name)}
    assert f"{home.origin}/federation/node" in owners


async def test_new_keys_are_told_under_the_old_ones_and_used_from_then_on(home: FederatedNode, peer: Fedify) -> None:
    await follow(peer.account("kay"), home)
    before = peer.seen[-1]["key"]
    await home.tell("federation/rotatekeys")
    update = await peer.activity("Update", home.us, type="Service", id=home.us)
    assert (update["status"], update["key"]) == (202, before)
    assert update["activity"]["object"]["publicKey"]["id"] != before
    await post(home, peer, "Under new keys")
    assert peer.seen[-1]["key"] == update["activity"]["object"]["publicKey"]["id"]
    await follow(peer.account("key"), home)


async def test_it_finds_us_and_reads_all_that_we_show(home: FederatedNode, peer: Fedify) -> None:
    iris = peer.account("iris")
    await follow(iris, home)
    note = await post(home, peer, "To be found")
    handle = f"streamer@{home.origin.partition('://')[2]}"
    found = await peer.ask("look", url=home.us)
    assert (found["type"], found["preferredUsername"], found["name"]) == ("Service", "streamer", "Fedistream")
    assert found["publicKey"]["owner"] == home.us
    assert found["endpoints"]["sharedInbox"] == f"{home.origin}/federation/inbox"
    finger = await peer.ask("finger", resource=home.us)
    assert finger["subject"] == f"acct:{handle}"
    if home.origin.startswith("https:"):  # nobody asks for a handle over http
        assert (await peer.ask("look", url=f"@{handle}"))["id"] == home.us

    shown = await peer.ask("look", url=note)
    assert (shown["type"], shown["attributedTo"], shown["content"]) == ("Note", home.us, "<p>To be found</p>")
    assert shown["replies"]["first"]["type"] == "CollectionPage"
    # pasted into a search: the page of the channel
    assert (await peer.ask("look", url=f"{home.origin}/"))["id"] == home.us
    node = await peer.ask("look", url=f"{home.origin}/federation/node")
    assert await peer.ask("list", url=node["outbox"]) == []
    outbox = await peer.ask("list", url=found["outbox"])
    assert note in [item["object"]["id"] for item in outbox]
    assert {item["type"] for item in outbox} == {"Create"}
    assert iris.url in [item["id"] for item in await peer.ask("list", url=found["followers"])]
    assert await peer.ask("list", url=found["following"]) == []
    for version in ("2.0", "2.1"):
        info = await peer.ask("nodeinfo", url=f"{home.origin}/nodeinfo/{version}")
        assert (info["software"]["name"], info["protocols"]) == ("fedistream", ["activitypub"])
