"""Keys: make, load, write, sign and verify. The only importer of `cryptography`. Storing keys is left to the caller.

`cryptography` takes 10 MB and 50 ms to import, so it is loaded with the first key. A program whose event loop must not
wait for that calls `load_library` in a thread before.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from activitypub.lazy_module import LazyModule

if TYPE_CHECKING:
    from cryptography import exceptions
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
else:
    exceptions = LazyModule("cryptography.exceptions")
    hashes = LazyModule("cryptography.hazmat.primitives.hashes")
    serialization = LazyModule("cryptography.hazmat.primitives.serialization")
    ed25519 = LazyModule("cryptography.hazmat.primitives.asymmetric.ed25519")
    padding = LazyModule("cryptography.hazmat.primitives.asymmetric.padding")
    rsa = LazyModule("cryptography.hazmat.primitives.asymmetric.rsa")

RSA_BITS = 2048  # of new keys: every server accepts it, and a signature takes 0.3 ms (3,072 bits: 0.8 ms)
MIN_BITS, MAX_BITS = 2048, 8192
# The cost of verifying grows with the exponent, which the sender chooses: real keys have 65537, a few 3 or 35.
MAX_EXPONENT = 2**32
MAX_PEM = 8192  # characters; 8,192 bits need 1,450 for the public key

# Multikey (https://www.w3.org/TR/cid-1.0/#Multikey): "z" is base58btc, 0xed01 the code of an Ed25519 public key
_ED25519_CODE = b"\xed\x01"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_MULTIKEY_LENGTH = 48  # "z" and at most 47 digits of 34 bytes


class BadKey(ValueError):
    """The text is not a key, or not one that is secure enough."""


class Algorithm(StrEnum):
    """A signature algorithm. The key decides it, never a header. The values are names of RFC 9421 (section 6.2.2)."""

    RSA = "rsa-v1_5-sha256"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key, RSA or Ed25519. Keys are compared with `==`."""

    _key: rsa.RSAPublicKey | ed25519.Ed25519PublicKey

    @property
    def algorithm(self) -> Algorithm:
        """The algorithm of all signatures of this key."""
        return Algorithm.RSA if isinstance(self._key, rsa.RSAPublicKey) else Algorithm.ED25519

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Return whether `signature` was made over `data` with this key."""
        try:
            if isinstance(self._key, rsa.RSAPublicKey):
                self._key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
            else:
                self._key.verify(signature, data)
        except exceptions.InvalidSignature:
            return False
        return True

    def pem(self) -> str:
        """Return the SPKI PEM, the form of `publicKeyPem`."""
        return self._key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode("ascii")

    def multikey(self) -> str:
        """Return the `publicKeyMultibase` of an Ed25519 key. Raises BadKey for RSA."""
        if isinstance(self._key, rsa.RSAPublicKey):
            raise BadKey("only Ed25519 keys are written as multikeys")
        raw = self._key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        number, digits = int.from_bytes(_ED25519_CODE + raw), ""
        while number:
            number, digit = divmod(number, 58)
            digits = _BASE58[digit] + digits
        return "z" + digits


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key of ours. Its repr shows nothing of it, so that it cannot end up in a log."""

    _key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"PrivateKey({self.algorithm})"

    @property
    def algorithm(self) -> Algorithm:
        """The algorithm that this key signs with."""
        return Algorithm.RSA if isinstance(self._key, rsa.RSAPrivateKey) else Algorithm.ED25519

    def sign(self, data: bytes) -> bytes:
        """Return the signature over `data`: RSA PKCS #1 v1.5 with SHA-256, or Ed25519. Takes 0.3 ms or 0.03 ms."""
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self._key.sign(data)

    def public(self) -> PublicKey:
        """Return the public key that belongs to this one."""
        return PublicKey(self._key.public_key())

    def pem(self, password: bytes | None = None) -> str:
        """Return the PKCS #8 PEM, encrypted if a password is given."""
        lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        return self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock).decode(
            "ascii"
        )


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with the URL of its public key, for example ACTOR#main-key."""

    key_id: str
    key: PrivateKey


def library_loaded() -> bool:
    """Return whether `cryptography` is loaded."""
    return "cryptography.hazmat.primitives.serialization" in sys.modules


def load_library() -> None:
    """Load `cryptography`; may be called in a thread."""
    _ = serialization.Encoding, rsa.RSAPublicKey, ed25519.Ed25519PublicKey, padding.PKCS1v15, hashes.SHA256


def make_rsa(bits: int = RSA_BITS) -> PrivateKey:
    """Make an RSA key, in about 50 ms for 2,048 bits. Raises BadKey for a size outside MIN_BITS and MAX_BITS."""
    _check_bits(bits)
    return PrivateKey(rsa.generate_private_key(public_exponent=65537, key_size=bits))


def make_ed25519() -> PrivateKey:
    """Make an Ed25519 key."""
    return PrivateKey(ed25519.Ed25519PrivateKey.generate())


def load_private(pem: str, password: bytes | None = None) -> PrivateKey:
    """Load a private key from PEM: PKCS #8 or PKCS #1, perhaps encrypted. Raises BadKey."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), password)
    except (ValueError, TypeError, exceptions.UnsupportedAlgorithm) as error:
        raise BadKey("not a private key, or the password is wrong") from error
    if isinstance(key, rsa.RSAPrivateKey):
        _check_bits(key.key_size)
    elif not isinstance(key, ed25519.Ed25519PrivateKey):
        raise BadKey("neither an RSA nor an Ed25519 key")
    return PrivateKey(key)


def load_public(pem: object) -> PublicKey:
    """Load the `publicKeyPem` of another server: SPKI, or PKCS #1, which some servers write. Raises BadKey."""
    if not isinstance(pem, str) or len(pem) > MAX_PEM:
        raise BadKey("not a PEM, or too long")
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, TypeError, exceptions.UnsupportedAlgorithm) as error:
        raise BadKey("not a public key") from error
    if isinstance(key, rsa.RSAPublicKey):
        _check_bits(key.key_size)
        if key.public_numbers().e > MAX_EXPONENT:
            raise BadKey("the public exponent is too large")
    elif not isinstance(key, ed25519.Ed25519PublicKey):
        raise BadKey("neither an RSA nor an Ed25519 key")
    return PublicKey(key)


def load_multikey(text: object) -> PublicKey:
    """Load a `publicKeyMultibase` with an Ed25519 key. Raises BadKey for all other keys."""
    if not isinstance(text, str) or len(text) > _MULTIKEY_LENGTH or not text.startswith("z"):
        raise BadKey("not a base58 multikey of an Ed25519 key")
    number = 0
    for char in text[1:]:
        digit = _BASE58.find(char)
        if digit < 0:
            raise BadKey("not base58")
        number = number * 58 + digit
    raw = number.to_bytes(36)
    # two bytes of code and 32 of the key; with leading zeros there would be a second spelling
    if raw[:2] != b"\0\0" or raw[2:4] != _ED25519_CODE or text[1] == _BASE58[0]:
        raise BadKey("not an Ed25519 key")
    return PublicKey(ed25519.Ed25519PublicKey.from_public_bytes(raw[4:]))


def _check_bits(bits: int) -> None:
    if not MIN_BITS <= bits <= MAX_BITS:
        raise BadKey(f"an RSA key must have {MIN_BITS} to {MAX_BITS} bits")
