"""Accounts by their handles, on a real server over TLS: where a visitor is sent to follow, and whom a post mentions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from activitypub.network.guard import Guard
from fedistream.core.events import SettingChanged
from fedistream.db import Database
from fedistream.federation.posts.values import Draft
from tests.kit.federated import LIVE, federated
from tests.kit.homeserver import home_server
from tests.kit.invalid import invalid
from tests.kit.remote import Remote


async def test_the_template_of_the_visitors_server_is_filled_in(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_server_of_ann(tmp_path, monkeypatch) as far, federated(Guard(frozenset({far.authority}))) as node:
        ask = node.feature.federation.remote_follow
        url = await ask(node.home, f"@ann@{far.authority}", "203.0.113.7")
        assert url == f"{far.origin}/follow?u={LIVE.replace(':', '%3A').replace('/', '%2F')}"
        for path in ("/@ann", "/@ann/", "/users/ann", "/profiles/9x"):
            assert await ask(node.home, far.origin + path, "203.0.113.7") == url
        for wrong in ("http://127.0.0.1/@ann", "https://", "https://localhost/@ann"):
            with invalid(r"address of a profile|was not found"):
                await ask(node.home, wrong, "203.0.113.9")
        with invalid("was not found"):
            await ask(node.home, "ann@localhost", "203.0.113.7")


async def test_an_account_mentioned_in_a_post_is_found_and_gets_it(
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
        node.feature.federation.on_setting_changed(SettingChanged("federation.blocked_domains", None, node.clock.now()))
        assert (await node.feature.posts.look_up(Draft(text))).mentions == ()


@asynccontextmanager
async def a_server_of_ann(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Remote]:
    async with home_server(tmp_path) as (far, trusted):
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        yield far
