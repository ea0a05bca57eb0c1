"""Delays errors to one of a few moments, so that the time they take reveals nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fedistream.core.errors import Invalid

# seconds: above the time of a DNS look-up that fails or finds a private address; then above the time limits of a
# connection and of a whole discovery
MOMENTS_S = (1.0, 6.0, 16.0)


@asynccontextmanager
async def uniform_timing() -> AsyncIterator[None]:
    """Delay an Invalid that is raised in the block to the next of MOMENTS_S. Success is not delayed."""
    clock = asyncio.get_running_loop().time
    begun = clock()
    try:
        yield
    except Invalid:
        took = clock() - begun
        await asyncio.sleep(next((moment for moment in MOMENTS_S if moment >= took), took) - took)
        raise
