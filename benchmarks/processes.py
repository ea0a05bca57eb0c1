"""Child processes of a benchmark: started, waited for, measured from outside, ended with their block."""

import contextlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
START_S, END_S = 30.0, 10.0


class Failed(Exception):
    """A program did not do what was asked of it; the text holds its last words."""


def cpu_s(pid: int) -> float:
    """Seconds of CPU that the process and its children have used, in user and kernel; of threads that still run.

    In nanoseconds where the kernel counts them: its clock ticks, 10 ms, are a tenth of what we have to tell apart.
    """
    process = psutil.Process(pid)
    return sum(_cpu_s(each) for each in (process, *process.children(recursive=True)))


def _cpu_s(process: psutil.Process) -> float:
    counters = list(Path(f"/proc/{process.pid}/task").glob("*/schedstat"))
    if counters:
        return sum(int(counter.read_text().split()[0]) for counter in counters) / 1e9
    times = process.cpu_times()
    return float(times.user + times.system)


def rss_mb(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 1e6


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fedistream-bench-") as name:
        yield Path(name)


@contextlib.contextmanager
def running(
    command: list[str], errors: Path, *, output: int | None = None, where: Path = ROOT
) -> Iterator["subprocess.Popen[str]"]:
    """A child process, told to end when the block does. `output` as subprocess's stdout, `errors` gets its stderr."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FEDISTREAM_")}
    with errors.open("w") as stream:
        process = subprocess.Popen(command, env=environment, cwd=where, stdout=output, stderr=stream, text=True)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()


def last_words(errors: Path) -> str:
    if not errors.exists():
        return "it said nothing"
    return "\n".join(errors.read_text(errors="replace").splitlines()[-8:])


def until_open(port: int, process: "subprocess.Popen[str]", errors: Path) -> None:
    """Wait for a listener. Raises Failed."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise Failed(f"nobody listens on port {port}: {last_words(errors)}")
