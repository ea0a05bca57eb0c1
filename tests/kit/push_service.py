"""A push service over TLS on a port of this machine, and browsers that read what it gets.

Signatures are verified and messages decrypted with `cryptography` alone, by the steps of RFC 8292, 8291 and 8188: none
of the node's code, and none of its libraries for push.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.kit.certificates import authority


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class Browser:
    """The end of a subscription that has the private key."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def subscription(self, endpoint: str) -> str:
        """The JSON that a browser makes of its subscription."""
        keys = {"p256dh": b64(self.public), "auth": b64(self.auth)}
        return json.dumps({"endpoint": endpoint, "expirationTime": None, "keys": keys})

    def decrypt(self, body: bytes) -> bytes:
        """Return the message in the body of a push request."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= size, "one record"
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        secret = _derived(self.auth, shared, b"WebPush: info\0" + self.public + sender, 32)
        key = _derived(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _derived(salt, secret, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert padded[-1] == 2, "the last record"
        return padded[:-1]


def _derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """HKDF of one block (RFC 5869)."""
    return hmac.digest(hmac.digest(salt, secret, "sha256"), info + b"\x01", "sha256")[:length]


@dataclass(frozen=True, slots=True)
class Push:
    """One request to the push service."""

    path: str
    headers: dict[str, str]
    body: bytes

    def claims(self, public_key: str) -> dict[str, object]:
        """Verify the signature with the key that browsers subscribed with. Returns what it claims."""
        found = re.fullmatch(r"vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), k=([\w-]+)", self.headers["authorization"])
        assert found is not None, self.headers["authorization"]
        head, claims, signature, key = found.groups()
        assert key == public_key
        assert json.loads(unb64(head))["alg"] == "ES256"
        raw = unb64(signature)
        pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(key))
        point.verify(pair, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        given: dict[str, object] = json.loads(unb64(claims))
        return given


@dataclass
class PushService:
    """Keeps what comes, and answers `status` with `headers`; or the next of `statuses`."""

    port: int = 0
    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"

    def endpoint(self, browser: Browser) -> str:
        """The address of a browser's subscription."""
        return f"{self.origin}/push/{hashlib.sha256(browser.public).hexdigest()}"

    def subscription(self, browser: Browser) -> str:
        return browser.subscription(self.endpoint(browser))

    def messages(self, browsers: Sequence[Browser]) -> list[dict[str, object]]:
        """The decrypted messages, in the order in which they came."""
        by_path = {f"/push/{hashlib.sha256(each.public).hexdigest()}": each for each in browsers}
        return [json.loads(by_path[push.path].decrypt(push.body)) for push in self.pushes]

    async def _take(self, request: web.BaseRequest) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        assert request.method == "POST"
        self.pushes.append(Push(request.path, headers, await request.read()))
        status = self.statuses.pop(0) if self.statuses else self.status
        return web.Response(status=status, headers=self.headers)


@asynccontextmanager
async def push_service(folder: Path) -> AsyncIterator[tuple[PushService, Path]]:
    """Yield a push service and the certificate to trust, as SSL_CERT_FILE."""
    files, service = authority(folder), PushService()
    runner = web.ServerRunner(web.Server(service._take), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=files.server()).start()
    service.port = runner.addresses[0][1]
    try:
        yield service, files.trusted
    finally:
        await runner.cleanup()
