"""What a node makes at its start and tests need not make each for itself: static files that are packed, and keys."""

import fcntl
import tempfile
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path

import hatch_build
from fedistream.api.pages.static import Static
from fedistream.app.paths import STATIC
from fedistream.federation.keys import NODE
from fedistream.federation.models import FederationKeyRow
from tests.kit.signing import rsa_key

LOCK = Path(tempfile.gettempdir()) / "fedistream-bundles.lock"


@cache
def static_files() -> Static:
    """Bundled if need be, and read once."""
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another worker of the same run may be about to do the same
        hatch_build.bundle()
    return Static(STATIC)


async def give_keys(channel_ids: Iterable[int], now: datetime) -> None:
    """Store keys for the node's actor and these channels', as if the node had been started before."""
    for channel_id in (NODE, *channel_ids):
        pem = rsa_key(f"the node's actor {channel_id}").pem()
        # a test may start a second process on the same database
        await FederationKeyRow.get_or_create(channel_id=channel_id, defaults={"pem": pem, "created_at": now})
