"""Slow parts of a node's start, made once for all tests: packed files, compiled templates, keys, a password."""

import fcntl
import os
import tempfile
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path

import hatch_build
from fedistream.api.pages.rendering import Pages
from fedistream.api.pages.static import Static
from fedistream.app.paths import STATIC, TEMPLATES
from fedistream.federation.keys import NODE
from fedistream.federation.models import FederationKeyRow
from fedistream.people.models import PersonRow
from fedistream.people.service import ADMIN
from tests.kit.quick_hashes import HASHER
from tests.kit.signing import rsa_key

LOCK = Path(tempfile.gettempdir()) / "fedistream-bundles.lock"


@cache
def static_files() -> Static:
    """Bundled if need be, and read once."""
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another worker of the same run may be about to do the same
        hatch_build.bundle()
    return Static(STATIC)


@cache
def pages() -> Pages:
    """Compile each template once: to compile one takes ten times as long as to render it."""
    return Pages(TEMPLATES, static_files(), os.urandom)


@cache
def _hashed(password: str) -> str:
    return HASHER.hash(password)


async def give_password(password: str, now: datetime) -> None:
    """Store the admin's password, as if it had been set before by a node with `quick_passwords`."""
    await PersonRow.create(name=ADMIN, role=ADMIN, password_hash=_hashed(password), created_at=now)


async def give_keys(channel_ids: Iterable[int], now: datetime) -> None:
    """Store keys for the node's actor and these channels', as if the node had been started before."""
    for channel_id in (NODE, *channel_ids):
        pem = rsa_key(f"the node's actor {channel_id}").pem()
        # a test may start a second process on the same database
        await FederationKeyRow.get_or_create(channel_id=channel_id, defaults={"pem": pem, "created_at": now})
