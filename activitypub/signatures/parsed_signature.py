"""The signature of a request, after the checks that need no key: the id of its key, what was signed, and when."""

from dataclasses import dataclass
from enum import StrEnum

from activitypub.refusal import Reason, Refused
from activitypub.signatures.keys import Algorithm, PublicKey

WINDOW_S = 3600  # as Mastodon and Fedify: the clocks of small servers are wrong by minutes
SKEW_S = 300  # for so long after its expiry a signature is still accepted
MAX_KEY_ID = 2048


class Scheme(StrEnum):
    """The two schemes for signing a request."""

    CAVAGE = "cavage"  # draft-cavage-http-signatures-12
    RFC9421 = "rfc9421"


@dataclass(frozen=True, slots=True)
class ParsedSignature:
    """A signature that is not verified yet. `key_id` is text from the sender, and not always a URL.

    One of `signature_bases` must be what was signed: some servers leave out the query. `algorithms` are those that the
    headers permit.
    """

    scheme: Scheme
    key_id: str
    signature_bases: tuple[bytes, ...]
    signature: bytes
    algorithms: frozenset[Algorithm]

    def verified_by(self, key: PublicKey) -> bool:
        """Return whether `key` made the signature, by an algorithm that the headers permit."""
        return key.algorithm in self.algorithms and any(
            key.verify(self.signature, text) for text in self.signature_bases
        )


def check_created(made_at: float, now: float, window_s: float) -> None:
    """Raise Refused(DATE) unless the signature was made at most `window_s` seconds before or after `now`."""
    if not now - window_s <= made_at <= now + window_s:
        raise Refused(Reason.DATE, f"signed {now - made_at:.0f} s ago, allowed are {window_s:.0f} s either way")


def check_expires(expires_at: float, now: float) -> None:
    """Raise Refused(DATE) if the signature has expired. Times are in Unix seconds."""
    if expires_at < now - SKEW_S:
        raise Refused(Reason.DATE, "the signature has expired")
