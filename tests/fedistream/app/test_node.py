"""The front process: what becomes of it when one of its tasks dies."""

import asyncio
import sys
from pathlib import Path

import pytest

from fedistream.app.config import Config
from fedistream.app.node import Node
from fedistream.app.startup import DIED, StartupError
from fedistream.core.supervisor import OnDeath, Pauses, Supervisor
from fedistream.jobs.worker_process import WorkerProcess
from tests.kit.livenode import live_node


async def dies() -> None:
    raise LookupError("the shelf is empty")


async def test_a_node_names_the_task_that_does_not_run_until_it_runs_again(tmp_path: Path) -> None:
    async with live_node(tmp_path) as node:
        assert (await node.http.get("/readyz")).json()["ready"]
        ill = node.node.supervisor.start("ill", dies)
        async with asyncio.timeout(20):
            while (answer := await node.http.get("/readyz")).status_code != 503:
                await asyncio.sleep(0.02)
        assert list(answer.json()["reasons"]) == ["tasks"]
        await ill.end()
        assert (await node.http.get("/readyz")).json()["ready"]


async def test_a_node_stops_with_an_exit_code_when_a_task_dies_that_it_cannot_do_without(tmp_path: Path) -> None:
    node = Node(Config(data_dir=tmp_path, host="127.0.0.1", port=0, rtmp_port=0))
    try:
        await node.open()
        node.supervisor.start("heart", dies, on_death=OnDeath.STOP)
        with pytest.raises(StartupError, match="the task heart died") as problem:
            await asyncio.wait_for(node.run(), 30)
        assert problem.value.code == DIED
    finally:
        await node.close()


async def test_every_task_of_a_node_is_supervised(tmp_path: Path) -> None:
    async with live_node(tmp_path) as node:
        names = {each.name for each in node.node.supervisor.status()}
    assert {"facts", "viewers", "broadcasts", "broadcasts.heartbeat", "chat", "chat.prune", "stills"} <= names
    assert {"federation", "federation.replies", "worker 1"} <= names


async def test_a_worker_is_started_although_the_first_look_at_its_jobs_failed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    looks = [False]

    async def waiting() -> bool:
        if looks.pop():
            return True
        looks.append(True)
        raise OSError("the database is away")

    child = WorkerProcess([sys.executable, "-c", "input()"], {}, waiting)
    supervisor = Supervisor(pauses=Pauses(first_s=0.01))
    runner = supervisor.start("worker 1", child.run)
    try:
        async with asyncio.timeout(20):
            while not child.starts:
                await asyncio.sleep(0.02)
    finally:
        await runner.end()
        await child.close()
    assert "the task worker 1 died and is started again" in caplog.text
