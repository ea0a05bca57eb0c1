"""The base of a process's services, made from its configuration: clocks, randomness, the bus, the outbox, the guard."""

import asyncio
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from activitypub.network.guard import Guard
from fedistream.api.wording import sentence
from fedistream.app.config import Config
from fedistream.app.startup import BAD_OPTION, StartupError
from fedistream.core.bus import Bus
from fedistream.core.clocks import Clocks
from fedistream.core.errors import Invalid
from fedistream.federation.feature import guard
from fedistream.jobs.handlers import enqueue
from fedistream.jobs.outbox import Outbox


@dataclass(frozen=True, slots=True)
class Platform:
    """The base of a process's services. `guard` decides which addresses the process may connect to."""

    clocks: Clocks
    facts: Bus
    outbox: Outbox
    guard: Guard


def now() -> datetime:
    """Return the time of day in UTC."""
    return datetime.now(UTC)


def platform(options: Config, outbox: Outbox) -> Platform:
    """Return the platform of this process, whose event loop runs. Raises StartupError for hosts that cannot be
    allowed."""
    try:
        allowed = guard(options.federation_allow)
    except Invalid as error:
        raise StartupError(sentence(error), BAD_OPTION) from error
    clocks = Clocks(now, time.monotonic, secrets.token_bytes, asyncio.get_running_loop().call_later)
    return Platform(clocks, Bus(enqueue(outbox)), outbox, allowed)
