"""Accounts by their handles, on a real server over TLS: where a visitor is sent to follow, and whom a post mentions."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from activitypub.guard import Guard
from activitypub.signatures.request import Request
from activitypub.webfinger import ACTIVITY_JSON, SELF, SUBSCRIBE, Jrd, Link, write_jrd
from fedistream.db import Database
from fedistream.errors import Invalid
from fedistream.events import SettingChanged
from fedistream.federation.writing import Draft
from tests.kit.actors import document
from tests.kit.federated import LIVE, federated
from tests.kit.remote import Remote, make_certificate, remote


async def test_the_template_of_the_visitors_server_is_filled_in(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_server_of_ann(tmp_path, monkeypatch) as far, federated(Guard(frozenset({far.authority}))) as node:
        ask = node.feature.federation.remote_follow
        url = await ask(node.home, f"@ann@{far.authority}", "203.0.113.7")
        assert url == f"{far.origin}/follow?u={LIVE.replace(':', '%3A').replace('/', '%2F')}"
        with pytest.raises(Invalid, match="was not found"):
            await ask(node.home, "ann@localhost", "203.0.113.7")


async def test_who_is_named_in_a_post_is_found_and_told(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_server_of_ann(tmp_path, monkeypatch) as far, federated(Guard(frozenset({far.authority}))) as node:
        text = f"Hi @ann@{far.authority} and @ann@localhost, see `@x@{far.authority}`"
        post = await node.feature.posts.publish(node.home, text)
        ann = f"{far.origin}/users/ann"
        assert post.document["tag"] == [{"type": "Mention", "name": f"@ann@{far.authority}", "href": ann}]
        assert f'<a href="{ann}" class="u-url mention">@<span>ann</span></a>' in post.document["content"]
        ((inbox, create),) = await node.sent()
        assert inbox.startswith(far.origin)
        assert create["cc"] == [f"{LIVE}/followers", ann]
        await node.settings.change("federation.blocked_domains", ["127.0.0.1"])
        node.feature.federation.heed(SettingChanged("federation.blocked_domains", None, node.clock.now()))
        assert (await node.feature.posts.look_up(Draft(text))).mentions == ()


@asynccontextmanager
async def a_server_of_ann(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Remote]:
    context, trusted = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))

    def answer(request: Request) -> web.Response:
        origin = f"https://{far.authority}"
        if request.target.startswith("/.well-known/webfinger"):
            links = (
                Link(SELF, ACTIVITY_JSON, f"{origin}/users/ann"),
                Link(SUBSCRIBE, template=f"{origin}/follow?u={{uri}}"),
            )
            jrd = write_jrd(Jrd(f"acct:ann@{far.authority}", (), links))
            return web.Response(body=json.dumps(jrd), content_type="application/jrd+json")
        return web.Response(body=json.dumps(document(f"{origin}/users/ann")), content_type=ACTIVITY_JSON)

    async with remote(answer, tls=context) as far:
        yield far
