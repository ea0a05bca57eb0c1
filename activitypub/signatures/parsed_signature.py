"""What a signed request claims, once all is checked that needs no key: who signed, which bytes, and how."""

from dataclasses import dataclass
from enum import StrEnum

from activitypub.refusal import Reason, Refused
from activitypub.signatures.keys import Algorithm, PublicKey

WINDOW_S = 3600  # as Mastodon and Fedify: clocks of small servers are off by minutes
SKEW_S = 300  # how long past its stated expiry a signature still counts
MAX_KEY_ID = 2048


class Scheme(StrEnum):
    """The two ways to sign a request."""

    CAVAGE = "cavage"  # draft-cavage-http-signatures-12
    RFC9421 = "rfc9421"


@dataclass(frozen=True, slots=True)
class ParsedSignature:
    """`key_id` is text of the sender's. `signature_bases` are the byte strings of which one must be what was signed."""

    scheme: Scheme
    key_id: str
    signature_bases: tuple[bytes, ...]
    signature: bytes
    algorithms: frozenset[Algorithm]

    def verified_by(self, key: PublicKey) -> bool:
        """Tell whether `key` made the signature, by an algorithm that both the key and the claim allow."""
        return key.algorithm in self.algorithms and any(
            key.verify(self.signature, text) for text in self.signature_bases
        )


def check_created(made_at: float, now: float, window_s: float) -> None:
    """Raises Refused(DATE) unless the signature was made within `window_s` seconds before or after `now`."""
    if not now - window_s <= made_at <= now + window_s:
        raise Refused(Reason.DATE, f"signed {now - made_at:.0f} s ago, allowed are {window_s:.0f} s either way")


def check_expires(expires_at: float, now: float) -> None:
    """Raises Refused(DATE) if the signature has expired."""
    if expires_at < now - SKEW_S:
        raise Refused(Reason.DATE, "the signature has expired")
