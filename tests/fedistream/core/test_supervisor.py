"""The supervisor: no background task fails silently."""

import asyncio
import logging

import pytest

from fedistream.core.supervisor import OnDeath, Pauses, State, Supervisor, beside, go

QUICK = Pauses(first_s=0.01, most_s=0.04, steady_s=60)


async def until(true: object) -> None:
    assert callable(true)
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.005)


class Mortal:
    """Dies as often as it is told to, then runs for good."""

    def __init__(self, lives: int, error: type[BaseException] = LookupError) -> None:
        self.begun, self._lives, self._error = 0, lives, error

    async def run(self) -> None:
        self.begun += 1
        if self.begun <= self._lives:
            raise self._error("the shelf is empty")
        await asyncio.Future()


async def test_a_task_that_dies_is_logged_at_once_and_begun_again(caplog: pytest.LogCaptureFixture) -> None:
    supervisor, mortal = Supervisor(pauses=QUICK), Mortal(2)
    with caplog.at_level(logging.ERROR):
        supervisor.start("post", mortal.run)
        await until(lambda: mortal.begun == 3)
    assert [record.getMessage() for record in caplog.records] == [
        "the task post died and is started again in 0.01 s",
        "the task post died and is started again in 0.02 s",
    ]
    assert "the shelf is empty" in caplog.text
    (status,) = supervisor.status()
    assert (status.name, status.state, status.deaths, status.last_error) == ("post", State.RUNNING, 2, "LookupError")
    await supervisor.close()
    assert supervisor.status() == ()


async def test_pauses_double_up_to_the_longest_and_begin_anew_after_a_steady_run() -> None:
    pauses: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: pauses.append(record.getMessage().rpartition(" in ")[2])  # type: ignore[method-assign]
    logging.getLogger("fedistream.core.supervisor").addHandler(handler)
    moments = iter([0, 1, 1, 2, 2, 3, 3, 4, 4, 100, *[100] * 100])
    supervisor = Supervisor(pauses=QUICK, clock=lambda: next(moments))
    try:
        supervisor.start("post", (mortal := Mortal(5)).run)
        await until(lambda: mortal.begun == 6)
    finally:
        logging.getLogger("fedistream.core.supervisor").removeHandler(handler)
        await supervisor.close()
    assert pauses == ["0.01 s", "0.02 s", "0.04 s", "0.04 s", "0.01 s"]


async def test_readiness_says_that_something_does_not_run() -> None:
    supervisor = Supervisor(pauses=Pauses(first_s=60))
    supervisor.start("well", Mortal(0).run)
    supervisor.start("ill", Mortal(1).run)
    assert await supervisor.check() is None
    await until(lambda: any(each.state is State.PAUSED for each in supervisor.status()))
    assert await supervisor.check() == "not running"
    await supervisor.close()
    assert await supervisor.check() is None


async def test_what_the_node_cannot_do_without_stops_it(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    supervisor = Supervisor(told.append, pauses=QUICK)
    supervisor.start("heart", (mortal := Mortal(1)).run, on_death=OnDeath.STOP)
    await until(lambda: told)
    assert (told, mortal.begun) == (["heart"], 1)
    assert "the task heart died, and the node stops" in caplog.text
    assert await supervisor.check() == "not running"
    await supervisor.close()


async def test_to_return_is_a_death_unless_the_task_may_end(caplog: pytest.LogCaptureFixture) -> None:
    async def nothing() -> None:
        return

    supervisor = Supervisor(pauses=Pauses(first_s=60))
    supervisor.start("for good", nothing)
    supervisor.start("for now", nothing, ends=True)
    await until(lambda: [each.state for each in supervisor.status()] == [State.PAUSED, State.ENDED])
    assert "it returned, although it should run for good" in caplog.text
    assert await supervisor.check() == "not running"
    await supervisor.close()


async def test_a_task_cancelled_from_within_has_died() -> None:
    supervisor = Supervisor(pauses=QUICK)
    supervisor.start("post", (mortal := Mortal(1, asyncio.CancelledError)).run)
    await until(lambda: mortal.begun == 2)
    assert supervisor.status()[0].last_error == "RuntimeError"
    await supervisor.close()


async def test_to_end_waits_for_what_ends_by_itself_and_cancels_the_rest() -> None:
    supervisor, told = Supervisor(), list[str]()

    async def writes() -> None:
        await asyncio.sleep(0.02)
        told.append("written")

    async def sleeps() -> None:
        try:
            await asyncio.Future()
        finally:
            told.append("cancelled")

    writer, sleeper = supervisor.start("writer", writes, ends=True), supervisor.start("sleeper", sleeps)
    await asyncio.sleep(0)
    await writer.end(20)
    await sleeper.end()
    assert told == ["written", "cancelled"]


async def test_a_task_that_does_not_obey_does_not_hold_up_the_end(caplog: pytest.LogCaptureFixture) -> None:
    supervisor, free = Supervisor(), asyncio.Event()

    async def stubborn() -> None:
        while not free.is_set():
            try:
                await free.wait()
            except asyncio.CancelledError:
                continue

    runner = supervisor.start("stubborn", stubborn, ends=True)
    await asyncio.sleep(0)
    async with asyncio.timeout(20):
        await runner.end()
    assert "the task stubborn did not end within 1 s of being cancelled" in caplog.text
    free.set()


async def test_what_runs_beside_a_task_is_named_after_it_and_ends_with_the_block() -> None:
    supervisor, mortal = Supervisor(pauses=QUICK), Mortal(1)
    leave = asyncio.Event()

    async def chat() -> None:
        async with beside("broom", mortal.run):
            await leave.wait()
        await asyncio.Future()

    supervisor.start("chat", chat)
    await until(lambda: mortal.begun == 2)
    assert [each.name for each in supervisor.status()] == ["chat", "chat.broom"]
    leave.set()
    await until(lambda: [each.name for each in supervisor.status()] == ["chat"])
    await supervisor.close()


async def test_what_runs_beside_a_program_without_a_supervisor_is_heard_of_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with beside("broom", Mortal(1).run) as runner:
        await until(lambda: runner.status().deaths == 1)
    assert "the task broom died" in caplog.text


async def test_what_is_done_once_is_logged_when_it_fails_unless_that_was_expected(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail(error: Exception) -> None:
        raise error

    loud, quiet = go("loud", fail(LookupError("gone"))), go("quiet", fail(KeyError("known")), expected=(KeyError,))
    cancelled = go("cancelled", fail(LookupError("never")))
    cancelled.cancel()
    await asyncio.wait([loud, quiet, cancelled])
    await asyncio.sleep(0)
    assert [record.getMessage() for record in caplog.records] == ["loud failed"]


async def test_what_is_done_once_gives_its_result() -> None:
    async def add(one: int, other: int) -> int:
        return one + other

    assert await go("sum", add(1, 2)) == 3
