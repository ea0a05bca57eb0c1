"""A secret key in a file of its own, made once, so that signatures stay valid after a restart."""

from collections.abc import Callable
from pathlib import Path

KEY_BYTES = 32


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
