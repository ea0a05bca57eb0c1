"""Slow steps of a start: what is said of them, and when."""

import asyncio

import pytest

from fedistream.core.slow_steps import SlowSteps
from tests.kit.virtual_time import in_no_time


def test_a_step_is_named_once_it_has_run_for_a_second_and_only_once() -> None:
    async def start() -> list[tuple[float, str]]:
        loop, said = asyncio.get_running_loop(), list[tuple[float, str]]()
        steps = SlowSteps(lambda doing: said.append((loop.time(), doing)))
        with steps("upgrading the tables"):
            await asyncio.sleep(60)
        with steps("making keys"):
            await asyncio.sleep(0.5)
        await asyncio.sleep(60)
        return said

    assert in_no_time(start()) == [(1.0, "upgrading the tables")]


def test_a_step_that_fails_early_is_not_named() -> None:
    async def start() -> list[str]:
        said = list[str]()
        with pytest.raises(LookupError), SlowSteps(said.append)("making keys"):
            raise LookupError
        await asyncio.sleep(60)
        return said

    assert in_no_time(start()) == []
