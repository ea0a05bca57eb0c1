"""Who signed a request: the claim, the key and its owner brought together. Fetching and keeping keys is a port."""

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
    """A key and the actor who owns it, which both documents say: the key's, and the actor's from its own host."""

    key_id: str
    key: PublicKey
    actor: Actor


class Missing(StrEnum):
    """Why there is no signer for a key."""

    GONE = "gone"  # 410: the actor was deleted
    UNKNOWN = "unknown"  # anything else; it may be there later


class KeyMissing(Refused):
    """The key of the signature is not to be had."""

    def __init__(self, key_id: str, missing: Missing) -> None:
        super().__init__(Reason.KEY, f"the key is {missing.value}")
        self.key_id = key_id
        self.missing = missing


class KeyResolver(Protocol):
    """The keys and actors that the node knows or can fetch, and whom it does not want to hear."""

    def is_blocked(self, url: str) -> bool:
        """Tell whether this actor, or the host of this URL, is blocked."""
        ...

    async def resolve(self, key_id: str) -> Signer | Missing:
        """Return who signs under this URL, from the cache or fetched (see `discovery.find_signer`)."""
        ...

    async def refresh(self, signer: Signer) -> Signer | None:
        """Fetch a signer anew whose kept key did not fit; None if that was done lately: once in 5 minutes is enough."""
        ...


async def verify_request(request: Request, signers: KeyResolver, *, now: float, window_s: float = WINDOW_S) -> Signer:
    """Return who signed `request`, for an inbox or for a GET where only known servers may read. Raises Refused.

    Whether the signer may do what the request asks is left to the caller.
    """
    return await verify(parse_signature(request, now=now, window_s=window_s), signers)


async def verify(claim: ParsedSignature, signers: KeyResolver) -> Signer:
    """Return the owner of the key that a checked claim is proven by. Raises Refused (KEY, BLOCKED, SIGNATURE)."""
    if not is_url(claim.key_id):
        raise Refused(Reason.KEY, "the key id is not a URL")
    # before anything is fetched: a blocked host must not make us work
    if signers.is_blocked(claim.key_id):
        raise Refused(Reason.BLOCKED, "this host is blocked here")
    found = await signers.resolve(claim.key_id)
    if isinstance(found, Missing):
        raise KeyMissing(claim.key_id, found)
    if not claim.verified_by(found.key):
        # keys are changed now and then, and nobody tells
        renewed = await signers.refresh(found)
        if renewed is None or not claim.verified_by(renewed.key):
            raise Refused(Reason.SIGNATURE, "the signature does not fit the key")
        found = renewed
    if found.key_id != claim.key_id or not same_authority(claim.key_id, found.actor.id):
        raise Refused(Reason.OWNER, "the key is of another host than its owner")
    if signers.is_blocked(found.actor.id):
        raise Refused(Reason.BLOCKED, "this actor is blocked here")
    return found
