"""The worker as a child of the web process: started when there are jobs, nudged, and restarted when it dies.

A nudge is a byte on the child's standard input. A pipe needs no port and no file, and its end tells the child that the
parent is gone, also when it was killed. A node without any jobs never starts a second process.
"""

import asyncio
import logging
import time
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from subprocess import PIPE

log = logging.getLogger(__name__)

FIRST_PAUSE_S, MAX_PAUSE_S = 1.0, 60.0
STEADY_S = 60.0  # a child that ran for so long is restarted without the longer pauses
GOODBYE_S = 6.0  # a worker cancels its jobs after 3 s
NUDGE = b"\n"


class WorkerProcess:
    """Runs the child. `environment` is its whole environment. `waiting` tells whether jobs are left from before.

    Run `run` until it is cancelled, then await `close`.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], waiting: Callable[[], Awaitable[bool]]
    ) -> None:
        self._command, self._environment, self._waiting = tuple(command), dict(environment), waiting
        self._wanted = asyncio.Event()
        self._process: Process | None = None
        self._stopping = False
        self.starts = 0

    def nudge(self) -> None:
        """Signal that there are jobs. Cheap; never waits and never raises."""
        self._wanted.set()
        process = self._process
        if process is None or process.returncode is not None or process.stdin is None:
            return
        # unread nudges are enough
        if not process.stdin.is_closing() and process.stdin.transport.get_write_buffer_size() == 0:
            process.stdin.write(NUDGE)

    @property
    def pid(self) -> int | None:
        """The process id of the running child, or None."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def run(self) -> None:
        """Wait for the first job, then keep a child running."""
        if not await self._waiting():
            await self._wanted.wait()
        pause_s = FIRST_PAUSE_S
        while True:
            began = time.monotonic()
            code = await self._live()
            if self._stopping:
                await asyncio.Future()  # until this task is cancelled
            if time.monotonic() - began > STEADY_S:
                pause_s = FIRST_PAUSE_S
            log.warning("the worker has ended (%s) and is started again in %g s", code, pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, MAX_PAUSE_S)

    async def _live(self) -> str:
        if self.pid is not None:  # `run` was restarted while the child kept running
            assert self._process is not None
            return f"exit code {await self._process.wait()}"
        try:
            # a session of its own: Ctrl-C must reach the parent alone, which ends the child by its input
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, env=self._environment, start_new_session=True
            )
        except OSError as error:
            return str(error)
        self.starts += 1
        return f"exit code {await self._process.wait()}"

    def stop(self) -> None:
        """Tell the child to finish and exit; `close` waits for that."""
        self._stopping = True
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    async def close(self, within_s: float = GOODBYE_S) -> None:
        """Wait until the child exits, and kill it after `within_s` seconds. To be called when `run` has ended."""
        self.stop()
        process = self._process
        if process is None or process.returncode is not None:
            return
        try:
            async with asyncio.timeout(within_s):
                await process.wait()
        except TimeoutError:
            log.warning("the worker did not end in time and is killed")
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


class WakePipe(asyncio.Protocol):
    """The child's end of the pipe: reads nudges, and the end of the parent."""

    def __init__(self, wake: Callable[[], None], stop: Callable[[], None]) -> None:
        self._wake, self._stop = wake, stop

    def data_received(self, data: bytes) -> None:
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
