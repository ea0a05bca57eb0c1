import asyncio
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from fedistream.metrics.hardware import READINGS, HardwareMonitor, Machine, role
from fedistream.metrics.values import HardwareReading
from tests.kit.asking import Clock


def test_the_machine_is_read_with_the_node_and_its_children(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    command = [sys.executable, "-c", "input()", "worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        assert child.stdin is not None
        try:
            reading = machine.read()
            again = machine.read()
        finally:
            child.stdin.close()
    uses = {use.pid: use for use in reading.processes}
    assert uses[child.pid].memory > 100_000
    assert "node" in {use.role for use in reading.processes}
    for value in (again.cpu, again.memory, again.disk):
        assert 0 <= value <= 100
    assert child.pid not in {use.pid for use in machine.read().processes}


async def test_readings_are_a_ring() -> None:
    clock, values = Clock(), iter(range(READINGS + 5))
    monitor = HardwareMonitor(clock.now, lambda: HardwareReading(next(values), 2.0, 3.0))
    assert monitor.latest is None
    for _ in range(READINGS + 5):
        await monitor.sample()
        clock.advance(60)
    figures = monitor.figures()
    assert (len(figures.cpu), len(figures.memory), len(figures.disk)) == (READINGS,) * 3
    assert figures.cpu[0].value == 5
    assert figures.cpu[1].at - figures.cpu[0].at == timedelta(minutes=1)
    assert monitor.latest is not None


@pytest.mark.parametrize(
    ("name", "command", "expected"),
    [
        ("ffmpeg", ["ffmpeg", "-i", "x"], "encoder"),
        ("python3.11", ["python", "-m", "fedistream.app.worker_command", "--nudged"], "worker"),
        ("python", ["python", "fedistream", "worker"], "worker"),
        ("sh", [], "sh"),
        ("x" * 300, [], "x" * 40),
    ],
)
def test_the_role_of_a_child_is_told_from_its_command(name: str, command: list[str], expected: str) -> None:
    assert role(name, command) == expected


@pytest.mark.slow
def test_psutil_is_not_loaded_before_the_first_reading() -> None:
    program = "import sys, fedistream.app.node; sys.exit('psutil' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


async def test_the_monitor_ends_when_it_is_cancelled() -> None:
    running = asyncio.create_task(HardwareMonitor(Clock().now, lambda: HardwareReading(1, 2, 3)).run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
