"""The worker as a child process of the front: started when there is something to do, nudged, restarted when it dies.

The nudge is a byte through the child's standard input. A pipe needs no port and no file, and its end tells the child
that we are gone, however we went. A node that promises nothing to anybody never pays for a second process.
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
STEADY_S = 60.0  # who has run for so long is not taken for one who cannot run at all
GOODBYE_S = 6.0  # a worker gives up what it does after three
NUDGE = b"\n"


class WorkerProcess:
    """`environment` is all that the child is given. `waiting` tells whether jobs are left from former times. `run` it
    until it is cancelled; then `close`."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], waiting: Callable[[], Awaitable[bool]]
    ) -> None:
        self._command, self._environment, self._waiting = tuple(command), dict(environment), waiting
        self._wanted = asyncio.Event()
        self._process: Process | None = None
        self._stopping = False
        self.starts = 0

    def nudge(self) -> None:
        """There is something to do. Cheap, never waits and never raises."""
        self._wanted.set()
        process = self._process
        if process is None or process.returncode is not None or process.stdin is None:
            return
        # a child that does not read has been nudged enough
        if not process.stdin.is_closing() and process.stdin.transport.get_write_buffer_size() == 0:
            process.stdin.write(NUDGE)

    @property
    def pid(self) -> int | None:
        """Of the child that runs now."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def run(self) -> None:
        """Wait for the first job, then see to it that a child runs."""
        if not await self._waiting():
            await self._wanted.wait()
        pause_s = FIRST_PAUSE_S
        while True:
            began = time.monotonic()
            code = await self._live()
            if self._stopping:
                await asyncio.Future()  # until we are cancelled
            if time.monotonic() - began > STEADY_S:
                pause_s = FIRST_PAUSE_S
            log.warning("the worker has ended (%s) and is started again in %g s", code, pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, MAX_PAUSE_S)

    async def _live(self) -> str:
        if self.pid is not None:  # we were begun again, and the child was not
            assert self._process is not None
            return f"exit code {await self._process.wait()}"
        try:
            # a session of its own: Ctrl-C is for us, and the child is told by its input's end
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, env=self._environment, start_new_session=True
            )
        except OSError as error:
            return str(error)
        self.starts += 1
        return f"exit code {await self._process.wait()}"

    def stop(self) -> None:
        """Tell the child to finish what it can and end; `close` waits for that."""
        self._stopping = True
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    async def close(self, within_s: float = GOODBYE_S) -> None:
        """Let the child finish what it can and end it. To be called when `run` does not run any more."""
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
    """The other end: reads nudges, and the end of who sends them, from a pipe."""

    def __init__(self, wake: Callable[[], None], stop: Callable[[], None]) -> None:
        self._wake, self._stop = wake, stop

    def data_received(self, data: bytes) -> None:
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
