"""Where a visitor is sent who wants to follow: by WebFinger and the template of a real server over TLS."""

import json
from pathlib import Path

import pytest
from aiohttp import web

from activitypub.guard import Guard
from activitypub.signatures.request import Request
from activitypub.webfinger import ACTIVITY_JSON, SELF, SUBSCRIBE, Jrd, Link, write_jrd
from fedistream.db import Database
from fedistream.errors import Invalid
from tests.kit.actors import document
from tests.kit.federated import LIVE, federated
from tests.kit.remote import make_certificate, remote


async def test_the_template_of_the_visitors_server_is_filled_in(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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

    async with remote(answer, tls=context) as far, federated(Guard(frozenset({far.authority}))) as node:
        ask = node.feature.federation.remote_follow
        url = await ask(node.home, f"@ann@{far.authority}", "203.0.113.7")
        assert url == f"{far.origin}/follow?u={LIVE.replace(':', '%3A').replace('/', '%2F')}"
        with pytest.raises(Invalid, match="was not found"):
            await ask(node.home, "ann@localhost", "203.0.113.7")
