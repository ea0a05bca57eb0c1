"""The node's key pair for push services (RFC 8292): made at first use, and kept.

`cryptography` is loaded when the pair is made, once in the life of a node.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from activitypub.lazy_module import LazyModule
from fedistream.notifications.models import VapidKeyRow
from fedistream.notifications.subscription_json import decode, encode, is_point

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
else:
    ec = LazyModule("cryptography.hazmat.primitives.asymmetric.ec")
    serialization = LazyModule("cryptography.hazmat.primitives.serialization")

NODE = "node"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class VapidKey:
    """The pair as the Push API and its libraries write it: base64url of the scalar, and of the uncompressed point."""

    private: str
    public: str


async def vapid_key() -> VapidKey:
    """Return the stored pair. Makes it when there is none."""
    row = await VapidKeyRow.get_or_none(name=NODE)
    if row is None:
        # another process may do the same at the same time, and there must be only one pair
        await VapidKeyRow.bulk_create([row_of(make())], ignore_conflicts=True)
        row = await VapidKeyRow.get(name=NODE)
    return VapidKey(row.private_key, row.public_key)


def row_of(key: VapidKey) -> VapidKeyRow:
    return VapidKeyRow(name=NODE, private_key=key.private, public_key=key.public)


def make() -> VapidKey:
    return _pair(ec.generate_private_key(ec.SECP256R1()))


def from_private(private: str) -> VapidKey | None:
    """Return the pair of a private key that another server made, or None when it is not one."""
    scalar = decode(private)
    if len(scalar) != KEY_BYTES:
        return None
    try:
        return _pair(ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1()))
    except ValueError:
        return None


def _pair(key: ec.EllipticCurvePrivateKey) -> VapidKey:
    point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    assert is_point(point)
    return VapidKey(encode(key.private_numbers().private_value.to_bytes(KEY_BYTES, "big")), encode(point))
