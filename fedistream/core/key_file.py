"""Secret keys: one in a file of its own, made once, so that signatures stay valid after a restart; and keys derived
from another."""

import hmac
from collections.abc import Callable
from pathlib import Path

KEY_BYTES = 32
_SALT = bytes(32)  # RFC 5869, section 2.2: what stands for no salt


def stored_key(file: Path, chance: Callable[[int], bytes]) -> bytes:
    """Return the key in this file, which is made when it is missing or truncated. `chance(n)` returns n random bytes.
    Raises OSError."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists() or file.stat().st_size != KEY_BYTES:
        fresh = file.with_name(f"{file.name}.new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(chance(KEY_BYTES))
        fresh.replace(file)
    return file.read_bytes()


def derive(secret: bytes, purpose: str) -> bytes:
    """Return the key of KEY_BYTES for one purpose, by HKDF with SHA-256 (RFC 5869). Different purposes have unrelated
    keys, of which none tells the secret."""
    return hmac.digest(hmac.digest(_SALT, secret, "sha256"), purpose.encode() + b"\x01", "sha256")
