import asyncio
import time
from pathlib import Path

from activitypub.actor import parse_actor
from activitypub.signatures import parse_signature
from activitypub.signatures.keys import SigningKey, make_rsa
from activitypub.signatures.request import incoming_request
from benchmarks import followed, inbox
from fedistream.federation.models import FollowerRow, RemoteActorRow


async def test_followers_are_by_turns_at_the_hosts_and_share_an_inbox_at_each(tmp_path: Path) -> None:
    async with followed.written(tmp_path) as channel_id:
        await followed.add_followers(channel_id, ["a.example", "b.example"], 5)
        rows = await FollowerRow.filter(channel_id=channel_id, state="accepted").select_related("actor")
        assert sorted(row.actor.shared_inbox for row in rows) == [
            f"http://{host}.example/inbox" for host in ("a", "a", "a", "b", "b")
        ]
        assert sorted(parse_actor(row.actor.document).username for row in rows) == ["u0", "u1", "u2", "u3", "u4"]
        assert await RemoteActorRow.all().count() == 5


def test_each_like_is_signed_by_its_actor_and_is_a_whole_request(tmp_path: Path) -> None:
    key = SigningKey("", make_rsa())
    posts = asyncio.run(inbox.prepare(tmp_path, key))
    text = next(inbox.likes(key, posts))
    head, _, body = text.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
    method, target, _ = first.split()
    claim = parse_signature(incoming_request(method, followed.ORIGIN, target, headers, body), now=time.time())
    assert claim.key_id == "http://h0.example/users/u0#main-key"
    assert claim.verified_by(key.key.public())
    assert len(body) == int(dict(headers)["Content-Length"])
