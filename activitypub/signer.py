"""Verify a signature: resolve its key, check it, and check that the key belongs to the actor. Keys come from a port."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from activitypub.actor import Actor
from activitypub.refusal import Reason, Refused
from activitypub.signatures import WINDOW_S, ParsedSignature, parse_signature
from activitypub.signatures.keys import PublicKey
from activitypub.signatures.request import Request
from activitypub.urls import is_url, same_authority


@dataclass(frozen=True, slots=True)
class Signer:
    """A key and the actor that owns it, as both documents say: that of the key, and the actor's from its own host."""

    key_id: str
    key: PublicKey
    actor: Actor


class Missing(StrEnum):
    """The reason why a key cannot be resolved."""

    GONE = "gone"  # 410: the actor was deleted
    UNKNOWN = "unknown"  # any other reason; a later attempt may succeed


class KeyMissing(Refused):
    """The key of the signature cannot be resolved, because it is `missing`."""

    def __init__(self, key_id: str, missing: Missing) -> None:
        super().__init__(Reason.KEY, f"the key is {missing.value}")
        self.key_id = key_id
        self.missing = missing


class KeyResolver(Protocol):
    """A cache of keys and actors that fetches what it lacks, and a blocklist. `memory.MemoryKeyResolver` is one."""

    def is_blocked(self, url: str) -> bool:
        """Return whether the actor with this URL, or the host of this URL, is blocked."""
        ...

    async def resolve(self, key_id: str) -> Signer | Missing:
        """Return the key with this URL and its owner, from the cache or fetched by `discovery.find_signer`."""
        ...

    async def refresh(self, signer: Signer) -> Signer | None:
        """Fetch a signer again, whose cached key did not verify a signature.

        None means that it was fetched a short while ago, and was not fetched again: once in 5 minutes is enough.
        """
        ...


async def verify_request(request: Request, resolver: KeyResolver, *, now: float, window_s: float = WINDOW_S) -> Signer:
    """Return the signer of `request`: a POST to an inbox, or a GET under authorized fetch. Raises Refused.

    `now` is in Unix seconds; the signature may be `window_s` seconds older or newer. Whether the signer may do what the
    request asks for is for the caller to decide.
    """
    return await verify(parse_signature(request, now=now, window_s=window_s), resolver)


async def verify(signature: ParsedSignature, resolver: KeyResolver) -> Signer:
    """Return the key that verifies `signature`, with its owner. Raises Refused (KEY, BLOCKED, SIGNATURE, OWNER)."""
    if not is_url(signature.key_id):
        raise Refused(Reason.KEY, "the key id is not a URL")
    # before anything is fetched: a blocked host must not cause work
    if resolver.is_blocked(signature.key_id):
        raise Refused(Reason.BLOCKED, "this host is blocked here")
    found = await resolver.resolve(signature.key_id)
    if isinstance(found, Missing):
        raise KeyMissing(signature.key_id, found)
    if not signature.verified_by(found.key):
        # an actor may get a new key without telling anybody
        refreshed = await resolver.refresh(found)
        if refreshed is None or not signature.verified_by(refreshed.key):
            raise Refused(Reason.SIGNATURE, "the signature does not match the key")
        found = refreshed
    if found.key_id != signature.key_id or not same_authority(signature.key_id, found.actor.id):
        raise Refused(Reason.OWNER, "the key is on another host than its owner")
    if resolver.is_blocked(found.actor.id):
        raise Refused(Reason.BLOCKED, "this actor is blocked here")
    return found
