"""A person on another server, real over 127.0.0.1: the actor can be fetched, signs what is sent, and has an inbox."""

import json
import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from activitypub.actor import write_actor
from activitypub.network.http_client import HttpClient
from activitypub.network.transport import Response
from activitypub.signatures import Scheme, parse_signature, sign
from activitypub.signatures.keys import SigningKey
from activitypub.signatures.request import Request, outgoing_request
from activitypub.strictjson import Json
from activitypub.webfinger import JRD, SELF, Jrd, Link, write_jrd
from tests.kit.actors import actor
from tests.kit.remote import Remote, remote
from tests.kit.signing import ACTIVITY_JSON, rsa_key


@dataclass
class Peer:
    """`inbox` are the activities that came, `gone` makes the server answer 410 for the person. `pages` are documents
    by their paths, for what is served besides."""

    server: Remote
    http_client: HttpClient
    clock: Any
    gone: bool = False
    profile: dict[str, Any] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    inbox: list[Json] = field(default_factory=list)
    pages: dict[str, Json] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.server.origin}/users/ann"

    @property
    def key(self) -> SigningKey:
        return SigningKey(f"{self.id}#main-key", rsa_key("a peer"))

    def document(self) -> Json:
        keys = (type(actor().keys[0])(self.key.key_id, self.key.key.public()),)
        return write_actor(actor(self.id, name="Ann <b>of</b> elsewhere", keys=keys, **self.profile))

    @property
    def handle(self) -> str:
        return f"ann@{self.server.authority}"

    def answer(self, request: Request) -> web.Response:
        if request.target.startswith("/.well-known/webfinger"):
            jrd = write_jrd(Jrd(f"acct:{self.handle}", (), (Link(SELF, ACTIVITY_JSON, self.id),)))
            known = request.target.endswith(f"acct:{self.handle}")
            return web.Response(body=json.dumps(jrd), content_type=JRD, status=200 if known else 404)
        if request.method == "POST":
            self.requests.append(request)
            self.inbox.append(json.loads(request.body))
            return web.Response(status=202)
        page = self.pages.get(request.target.partition("?")[0])
        if page is not None:
            return web.Response(body=json.dumps(page), content_type="application/json")
        if (picture := self.pictures.get(request.target)) is not None:
            return web.Response(body=picture, content_type="image/png")
        if self.gone:
            return web.Response(status=410)
        return web.Response(body=json.dumps(self.document()), content_type=ACTIVITY_JSON)

    def activity(self, kind: str, thing: Any, **more: Any) -> Json:
        made = {"@context": "https://www.w3.org/ns/activitystreams", "id": f"{self.id}#{secrets.token_hex(8)}"}
        return {**made, "type": kind, "actor": self.id, "object": thing, **more}

    async def send(
        self, inbox: str, activity: Json, *, scheme: Scheme = Scheme.CAVAGE, by: SigningKey | None = None
    ) -> Response:
        request = outgoing_request("POST", inbox, [("Content-Type", ACTIVITY_JSON)], json.dumps(activity).encode())
        added = sign(scheme, request, by or self.key, now=self.clock())
        headers = (*request.headers, *added)
        return await self.http_client.send(Request("POST", request.origin, request.target, headers, request.body))

    def claim(self, number: int = -1) -> Any:
        """The checked claim of a request that came."""
        return parse_signature(self.requests[number], now=self.clock())


@asynccontextmanager
async def peer(http_client: HttpClient, clock: Any, tls: ssl.SSLContext | None = None) -> AsyncIterator[Peer]:
    """Run a peer on a port of its own, which `http_client` must be allowed to reach. Without `tls` its handle does not
    work, because WebFinger needs https."""
    made: list[Peer] = []
    async with remote(lambda request: made[0].answer(request), tls=tls) as server:
        made.append(Peer(server, http_client, clock))
        yield made[0]
