"""Keys and signed requests for tests, made with our own signer."""

import json
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from activitypub.signatures import Scheme, sign
from activitypub.signatures.keys import PrivateKey, SigningKey, make_ed25519
from activitypub.signatures.request import Request, incoming_request, outgoing_request

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT
ACTIVITY_JSON = "application/activity+json"
VECTORS = Path(__file__).parent.parent / "vectors" / "activitypub"
EXPONENT = 65537


# Each pair is another key, in 0.2 ms; to make one from nothing takes 60 ms.
PRIMES = [int(line, 16) for line in (VECTORS / "rsa_primes.txt").read_text().split()]
pairs = combinations(PRIMES, 2)


@cache
def rsa_key(name: str) -> PrivateKey:
    """Return the RSA key called `name`, which is always the same within one run and has no other name."""
    p, q = next(pairs)
    public = rsa.RSAPublicNumbers(EXPONENT, p * q)
    d = pow(EXPONENT, -1, (p - 1) * (q - 1))
    private = rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public
    )
    # the check that p and q are prime takes as long as to find them
    return PrivateKey(private.private_key(unsafe_skip_rsa_key_validation=True))


@cache
def ed25519_key(name: str) -> PrivateKey:
    return make_ed25519()


def signer(actor: str = "https://remote.example/users/ann") -> SigningKey:
    """Return the signing key of an actor, with the usual URL ACTOR#main-key."""
    return SigningKey(f"{actor}#main-key", rsa_key(actor))


def arrived(request: Request, added: tuple[tuple[str, str], ...] = ()) -> Request:
    """Return `request` as a server receives it, with the headers that a signer added."""
    return incoming_request(request.method, request.origin, request.target, (*request.headers, *added), request.body)


def signed(
    body: bytes,
    *,
    by: SigningKey | None = None,
    scheme: Scheme = Scheme.CAVAGE,
    url: str = "https://node.example/inbox",
    now: float = NOW,
    media_type: str = ACTIVITY_JSON,
) -> Request:
    """Return a signed POST as a server receives it."""
    request = outgoing_request("POST", url, [("Content-Type", media_type)], body)
    return arrived(request, sign(scheme, request, by or signer(), now=now))


def signed_get(url: str, *, by: SigningKey | None = None, scheme: Scheme = Scheme.CAVAGE, now: float = NOW) -> Request:
    """Return a signed GET as a server receives it."""
    request = outgoing_request("GET", url, [("Accept", ACTIVITY_JSON)])
    return arrived(request, sign(scheme, request, by or signer(), now=now))


def with_header(request: Request, name: str, value: str | None) -> Request:
    """Return the same request with one header replaced, or without it if `value` is None."""
    kept = tuple((header, old) for header, old in request.headers if header != name)
    added = () if value is None else ((name, value),)
    return Request(request.method, request.origin, request.target, kept + added, request.body)


def vector(name: str) -> dict[str, Any]:
    """Read the JSON file `name` of tests/vectors/activitypub."""
    loaded: dict[str, Any] = json.loads((VECTORS / name).read_bytes())
    return loaded


def vector_request(loaded: dict[str, Any]) -> Request:
    """Return the request of a signature vector, as a server receives it."""
    stated = loaded["request"]
    headers = [(name, value) for name, value in stated["headers"]]
    return incoming_request(stated["method"], stated["origin"], stated["target"], headers, stated["body"].encode())
