"""A follower of a server that was moved here from Owncast: a Fedify server, which is told nothing of the move.

The part of the old server is played by a node with the same address and name, which has capital letters. What Owncast
would have stored of it goes into a data folder of Owncast's: the key, the follower as its tables keep one, and a post.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fedistream.app.config import Config
from fedistream.app.owncast_import.command import take_over
from tests.kit import fedify
from tests.kit.federating import federated_node
from tests.kit.fedify import Fedify
from tests.kit.owncast_folder import POST, follower, make_folder, note
from tests.kit.signing import ACTIVITY_JSON

pytestmark = pytest.mark.timeout(180)

NAME = "StudioNord"


def private_key(folder: Path, channel: str) -> str:
    """The key of a channel, as its node has stored it."""
    query = "SELECT pem FROM federation_key JOIN channel ON channel.id = channel_id WHERE slug = ?"
    with closing(sqlite3.connect(folder / "fedistream.db")) as database:
        (pem,) = database.execute(query, (channel,)).fetchone()
        return str(pem)


async def test_a_follower_of_the_old_server_goes_on_following_without_a_new_follow(
    tmp_path: Path, plain_peer: tuple[str, str]
) -> None:
    origin, control = plain_peer
    async with fedify.client(control) as told:
        peer = Fedify(origin, told)
        vera, olaf = peer.account("vera"), peer.account("olaf")
        async with federated_node(tmp_path / "old") as old:
            await old.change("federation/username", NAME)
            port, us = old.node.web_port, f"{old.origin}/federation/user/{NAME}"
            follow = await vera.do("follow", us, object=us)
            await peer.activity("Accept", us, id=follow["id"])
            await old.tell("federation/send", value="From the old server")
            before = await peer.activity("Create", us, content="<p>From the old server</p>")
            assert before["status"] == 202

        owncast = make_folder(tmp_path / "owncast")
        owncast.set(
            private_key=private_key(tmp_path / "old", "home"),
            server_url=old.origin,
            federation_enabled=True,
            federation_username=NAME,
        )
        at_peer = {"inbox": f"{vera.url}/inbox", "username": f"vera@{peer.authority}", "request": follow["id"]}
        owncast.add("ap_followers", follower(vera.url, us, **at_peer))
        post = json.dumps(note(POST, "<p>Long ago</p>", old.origin, NAME))
        owncast.add("ap_outbox", {"iri": f"{old.origin}/federation/{POST}", "value": post, "type": "Note"})
        await take_over(owncast.path, Config(data_dir=tmp_path / "new"))

        async with federated_node(tmp_path / "new", port=port) as new:
            assert await new.links("") == [vera.url]
            for name in (NAME, NAME.lower()):
                known = await new.http.get(f"/.well-known/webfinger?resource=acct:{name}@{new.authority}")
                assert {link["href"] for link in known.json()["links"] if link["rel"] == "self"} == {us}
                document = await new.http.get(f"/federation/user/{name}", headers={"Accept": ACTIVITY_JSON})
                assert (document.json()["id"], document.json()["preferredUsername"]) == (us, NAME)
            await new.tell("federation/send", value="From the new server")
            # 202 is what Fedify answers when the signature verifies by the key that it knows the actor by
            after = await peer.activity("Create", us, content="<p>From the new server</p>")
            assert after["status"] == 202
            assert after["path"] == "/users/vera/inbox"

            # the old post answers under its address, and is liked like one of ours
            found = await new.http.get(f"/federation/{POST}", headers={"Accept": ACTIVITY_JSON})
            assert found.json()["content"] == "<p>Long ago</p>"
            seen = await peer.ask("look", url=f"{old.origin}/federation/{POST}")
            assert seen["attributedTo"] == us
            await vera.do("like", us, object=f"{old.origin}/federation/{POST}")
            again = await peer.ask("look", url=f"{old.origin}/federation/{POST}")
            assert again["likes"]["totalItems"] == 1

            # a follower of the old server can leave the new one, and others can come
            await vera.undo(follow, us)
            assert await new.links("") == []
            other = await olaf.do("follow", us, object=us)
            await peer.activity("Accept", us, id=other["id"])
            assert await new.links("") == [olaf.url]
