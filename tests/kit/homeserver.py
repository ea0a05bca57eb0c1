"""The server where a visitor has an account: WebFinger, the account's actor, and a template for following, over TLS."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from activitypub.signatures.request import Request
from activitypub.webfinger import ACTIVITY_JSON, SELF, SUBSCRIBE, Jrd, Link, write_jrd
from tests.kit.actors import document
from tests.kit.remote import Remote, make_certificate, remote


@asynccontextmanager
async def home_server(folder: Path, template: str = "{origin}/follow?u={{uri}}") -> AsyncIterator[tuple[Remote, Path]]:
    """Yield a server with the account `ann`, and the certificate to trust. `template` gets the server's origin."""
    context, trusted = make_certificate(folder)

    def answer(request: Request) -> web.Response:
        origin = f"https://{far.authority}"
        if request.target.startswith("/.well-known/webfinger"):
            links = (
                Link(SELF, ACTIVITY_JSON, f"{origin}/users/ann"),
                Link(SUBSCRIBE, template=template.format(origin=origin)),
            )
            jrd = write_jrd(Jrd(f"acct:ann@{far.authority}", (), links))
            return web.Response(body=json.dumps(jrd), content_type="application/jrd+json")
        return web.Response(body=json.dumps(document(f"{origin}/users/ann")), content_type=ACTIVITY_JSON)

    async with remote(answer, tls=context) as far:
        yield far, trusted
