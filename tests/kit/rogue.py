"""A server that means no good: it signs by hand, so that every part can be wrong, and writes its requests as bytes.

Nothing here uses our own signing, which would not do what is wanted.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from activitypub.signatures.request import Request
from tests.kit.remote import Remote, json_response, remote

ACTIVITY_JSON = "application/activity+json"
ALL = ("(request-target)", "host", "date", "digest", "content-type")
COMPONENTS = ("@method", "@target-uri", "content-digest")
SHARED = "/federation/inbox"
PATIENCE_S = 60

Signs = Callable[[bytes], bytes]
Page = Callable[[], web.StreamResponse]


@dataclass(frozen=True, slots=True)
class Key:
    """An RSA key of any size, as any server might have one."""

    id: str
    private: rsa.RSAPrivateKey

    def sign(self, text: bytes) -> bytes:
        return self.private.sign(text, padding.PKCS1v15(), hashes.SHA256())

    @property
    def pem(self) -> str:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, form).decode()

    def hmac(self, text: bytes) -> bytes:
        """Return a signature that passes where the request chooses the algorithm: the public key is the HMAC secret."""
        return hmac.digest(self.pem.encode(), text, "sha256")


def make_key(identifier: str, bits: int = 2048) -> Key:
    return Key(identifier, rsa.generate_private_key(public_exponent=65537, key_size=bits))


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, and the time that it took."""

    status: int
    text: str
    seconds: float


@dataclass
class Rogue:
    """Its honest face is the account at `me`, with `key`; `pages` are what it serves by path."""

    server: Remote
    victim: str  # the origin of the node
    key: Key
    pages: dict[str, Page] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return self.server.origin

    @property
    def me(self) -> str:
        return f"{self.origin}/users/mal"

    @property
    def us(self) -> str:
        """Return the actor that it writes to."""
        return f"{self.victim}/federation/user/streamer"

    def answer(self, request: Request) -> web.StreamResponse:
        page = self.pages.get(request.target)
        return web.Response(status=404) if page is None else page()

    def actor(self, name: str, key: Key | None = None, **members: Any) -> dict[str, Any]:
        """The document of an account here; members that are None are left out."""
        url = f"{self.origin}/users/{name}"
        key = key or self.key
        document = {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": url,
            "type": "Person",
            "preferredUsername": name,
            "inbox": f"{url}/inbox",
            "outbox": f"{url}/outbox",
            "followers": f"{url}/followers",
            "publicKey": {"id": f"{url}#main-key", "owner": url, "publicKeyPem": key.pem},
            **members,
        }
        return {name: member for name, member in document.items() if member is not None}

    def serve(self, path: str, document: object, **more: Any) -> str:
        """Serve a document from now on. Returns its URL."""
        self.pages[path] = lambda: json_response(json.dumps(document), **more)
        return f"{self.origin}{path}"

    def activity(self, kind: str = "Like", thing: Any = None, **members: Any) -> dict[str, Any]:
        made = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{self.origin}/activities/{secrets.token_hex(8)}",
            "type": kind,
            "actor": self.me,
            "object": f"{self.victim}/federation/none" if thing is None else thing,
            **members,
        }
        return {name: member for name, member in made.items() if member is not None}

    def cavage(
        self,
        body: object = None,
        *,
        covered: Sequence[str] = ALL,
        by: str | None = None,
        sign: Signs | None = None,
        params: str = 'algorithm="rsa-sha256"',
        before: Mapping[str, str | None] | None = None,
        after: Mapping[str, str | None] | None = None,
        **wire: Any,
    ) -> bytes:
        """A request as it should be, but for what is given: `by` is the key's id, `sign` makes the signature, and
        headers are changed `before` or `after` they are signed. The rest is for `_wire`."""
        data = _data(self.activity() if body is None else body)
        headers = {
            "host": urlsplit(self.victim).netloc,
            "date": formatdate(time.time(), usegmt=True),
            "digest": "SHA-256=" + _text(hashlib.sha256(data).digest()),
            "content-type": ACTIVITY_JSON,
        }
        headers = _changed(headers, before)
        values = {"(request-target)": f"post {SHARED}", **headers}
        text = "\n".join(f"{name}: {values.get(name, '')}" for name in covered)
        signature = _text((sign or self.key.sign)(text.encode()))
        stated = f'keyId="{by or self.key.id}",headers="{" ".join(covered)}",signature="{signature}"'
        headers["signature"] = f"{params},{stated}" if params else stated
        return self._wire(_changed(headers, after), data, **wire)

    def modern(
        self,
        body: object = None,
        *,
        covered: Sequence[str] = COMPONENTS,
        params: str = "",
        created: float | None = None,
        after: Mapping[str, str | None] | None = None,
        **wire: Any,
    ) -> bytes:
        """The same by RFC 9421. `params` take the place of all parameters of the signature."""
        data = _data(self.activity() if body is None else body)
        digest = f"sha-256=:{_text(hashlib.sha256(data).digest())}:"
        values = {"@method": "POST", "@target-uri": f"{self.victim}{SHARED}", "content-digest": digest}
        made = int(time.time() if created is None else created)
        inputs = "(" + " ".join(f'"{name}"' for name in covered) + ")"
        inputs += params or f';created={made};keyid="{self.key.id}";alg="rsa-v1_5-sha256"'
        lines = [f'"{name}": {values[name]}' for name in covered]
        text = "\n".join([*lines, f'"@signature-params": {inputs}'])
        headers = {
            "host": urlsplit(self.victim).netloc,
            "content-type": ACTIVITY_JSON,
            "content-digest": digest,
            "signature-input": f"sig1={inputs}",
            "signature": f"sig1=:{_text(self.key.sign(text.encode()))}:",
        }
        return self._wire(_changed(headers, after), data, **wire)

    def _wire(
        self,
        headers: Mapping[str, str],
        data: bytes,
        *,
        method: str = "POST",
        target: str = SHARED,
        sent: bytes | None = None,
        more: Sequence[tuple[str, str]] = (),
    ) -> bytes:
        """The bytes of the request: `sent` is another body than was signed, `more` are headers on top."""
        body = data if sent is None else sent
        lines = [f"{name}: {value}" for name, value in (*headers.items(), *more)]
        head = [f"{method} {target} HTTP/1.1", *lines, f"content-length: {len(body)}", "", ""]
        return "\r\n".join(head).encode("latin-1") + body

    async def send(self, wire: bytes) -> Said:
        return await send(self.victim, wire)


async def send(origin: str, wire: bytes) -> Said:
    """Write the bytes to the server and read its answer, which may come before all was written."""
    parts, began = urlsplit(origin), time.monotonic()
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            writer.write(wire)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(head.partition("content-length:")[2].partition("\r\n")[0] or 0)
            body = await reader.readexactly(length)
        finally:
            writer.close()
    return Said(int(head.split(" ")[1]), body.decode(), time.monotonic() - began)


@asynccontextmanager
async def rogue(victim: str) -> AsyncIterator[Rogue]:
    """A rogue on a port of its own, whose account `mal` can be read and written to."""
    made: list[Rogue] = []
    async with remote(lambda request: made[0].answer(request)) as server:
        made.append(Rogue(server, victim, make_key(f"{server.origin}/users/mal#main-key")))
        made[0].serve("/users/mal", made[0].actor("mal"))
        made[0].pages["/users/mal/inbox"] = lambda: web.Response(status=202)
        yield made[0]


def _data(body: object) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _changed(headers: Mapping[str, str], changes: Mapping[str, str | None] | None) -> dict[str, str]:
    changed = {**headers, **(changes or {})}
    return {name: value for name, value in changed.items() if value is not None}
