import asyncio

from fedistream.core.errors import Invalid, TooMany, ValueProblem
from fedistream.core.uniform_timing import MOMENTS_S, uniform_timing


async def fail_after(took_s: float, error: Exception) -> float:
    """Return how long it takes until the failure is heard of."""
    clock = asyncio.get_running_loop().time
    begun = clock()
    try:
        async with uniform_timing():
            await asyncio.sleep(took_s)
            raise error
    except type(error):
        return clock() - begun


async def test_a_failure_is_heard_of_no_sooner_than_slower_ones() -> None:
    missing = Invalid("account", ValueProblem.MISSING)
    soon, later = await asyncio.gather(fail_after(0.0, missing), fail_after(0.3, missing))
    assert soon >= MOMENTS_S[0]
    assert later >= MOMENTS_S[0]


async def test_other_refusals_and_what_was_found_are_told_at_once() -> None:
    assert await fail_after(0.0, TooMany(10)) < MOMENTS_S[0]
    async with uniform_timing():
        found = "it"
    assert found == "it"
