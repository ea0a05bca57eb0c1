"""Answers that leave at one of few moments only, so that how long they took tells nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fedistream.core.errors import Invalid

# Above the time in which a name is not found, or turns out to be that of a private address; then above the time limits
# of a connection and of a whole look-up.
MOMENTS_S = (1.0, 6.0, 16.0)


@asynccontextmanager
async def uniform_timing() -> AsyncIterator[None]:
    """Let an Invalid that is raised within leave at the next of MOMENTS_S. What is found may be told at once."""
    clock = asyncio.get_running_loop().time
    begun = clock()
    try:
        yield
    except Invalid:
        took = clock() - begun
        await asyncio.sleep(next((moment for moment in MOMENTS_S if moment >= took), took) - took)
        raise
