"""The child that encodes renditions, seen from the node: a tap of the hub that writes into its pipe, and calls back
with what comes out.

The writer of the hub never waits for it: what the child is too slow to take is dropped up to the next keyframe.
"""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, cast

from media.codec.ladder.plan import Setup
from media.codec.ladder.protocol import (
    BadMessage,
    MessageReader,
    Note,
    Progress,
    SampleMessage,
    SetupMessage,
    TracksMessage,
    write,
)
from media.codec.thumbnails import child_variables
from media.hub import Tracks
from media.track import Kind, Sample

COMMAND = (sys.executable, "-m", "media.codec.ladder")
STALL_S = 5.0  # a child that has samples and reports no progress for so long is killed
STARTING = 4  # times STALL_S for the first report: to import libav takes seconds on a busy machine
CHECK_S = 0.5
MAX_BUFFER = 8 << 20  # bytes that may wait for the child: some seconds
MAX_LAG_MS = 2_000  # how far behind the child may be: what is later is of no use to players
CAUGHT_UP_MS = 500
MAX_COMPLAINT = 2000  # bytes of what it writes to standard error
END_S = 10.0  # for a child whose input has ended


class TranscoderOutput(Protocol):
    """The receiver of what the child makes. `rendition` is the index of a plan. Called synchronously."""

    def tracks(self, rendition: int, video: bytes, audio: bytes) -> None:
        """The decoder configurations of the samples that follow, b"" for a track that is not there."""

    def sample(self, rendition: int, sample: Sample) -> None:
        """The next sample of a rendition."""

    def note(self, rendition: int, code: str, values: Mapping[str, Any]) -> None:
        """News of a rendition; the codes are NoteCode's."""


@dataclass(frozen=True, slots=True)
class Exit:
    """The end of a child. `stalled`: it was killed because it made no progress; `complaint` is what it wrote last."""

    code: int
    stalled: bool
    complaint: str
    dropped: int


class Transcoder(asyncio.SubprocessProtocol):
    """One child. Attach it to a hub, and await `run`, which starts the child and returns when it has ended.

    `command` starts the child; it is killed after `stall_s` seconds without progress, STARTING times as many at first.
    """

    def __init__(
        self, setup: Setup, output: TranscoderOutput, command: Sequence[str] = COMMAND, stall_s: float = STALL_S
    ) -> None:
        self.dropped = 0  # samples
        self.fed = False  # a sample went to the child
        self._setup, self._output, self._command, self._stall_s = setup, output, command, stall_s
        self._messages = MessageReader()
        self._transport: asyncio.SubprocessTransport | None = None
        self._input: asyncio.WriteTransport | None = None
        self._early: list[bytes] = []  # what comes before the child is there
        self._early_bytes = 0
        self._tracks: Tracks | None = None
        self._skipping = True  # until a sample where decoding can begin
        self._sent_ms: int | None = None  # the newest time of what went to the child
        self._answered_ms: int | None = None  # the newest time of what it took
        self._unanswered_since: float | None = None
        self._complaint = b""
        self._stalled = self._closed = self._killed = False
        self._answered = False  # it has reported progress once
        self._exited: asyncio.Future[int] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def running(self) -> bool:
        """Return whether the child has been started and has not ended."""
        return self._input is not None and not self._closed

    @property
    def pid(self) -> int | None:
        """The number of the child's process, while it runs."""
        return self._transport.get_pid() if self._transport is not None and self.running else None

    # the tap

    def start(self, tracks: Tracks) -> None:
        self._tracks, self._skipping = tracks, True
        self._sent_ms = self._answered_ms = None

    def put(self, sample: Sample) -> None:
        tracks = self._tracks
        if tracks is None or self._closed:
            return
        waiting = self._early_bytes if self._input is None else self._input.get_write_buffer_size()
        if waiting + len(sample.data) > MAX_BUFFER or self._lag_ms > MAX_LAG_MS:
            self._skipping = True
        if self._skipping:
            begins = sample.key and (tracks.video is None or sample.kind is Kind.VIDEO)
            if waiting + len(sample.data) > MAX_BUFFER or self._lag_ms > CAUGHT_UP_MS or not begins:
                self.dropped += 1
                return
            self._skipping = False
            if self._answered_ms is not None:  # it has caught up: what was left out is no lag of it
                self._answered_ms = sample.dts_ms
            video = tracks.video.decoder_config if tracks.video else b""
            audio = tracks.audio.decoder_config if tracks.audio else b""
            self._write(write(TracksMessage(0, video, audio)))
        self._write(write(SampleMessage(0, sample)))
        self._sent_ms = max(sample.dts_ms, self._sent_ms or 0)
        self.fed = True
        if self._unanswered_since is None:
            self._unanswered_since = time.monotonic()

    @property
    def _lag_ms(self) -> int:
        """The distance of the child behind what was sent, once it has answered at all: to start takes it a while."""
        if self._sent_ms is None or self._answered_ms is None:
            return 0
        return self._sent_ms - self._answered_ms

    def close(self) -> None:
        """End the child's input: it encodes what it has, and ends."""
        self._closed = True
        if self._input is not None and not self._input.is_closing():
            self._input.close()
        if self._exited is not None and self._timer is not None:
            self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_later(END_S, self.kill)

    def kill(self) -> None:
        """Kill the child, or as soon as it has been started. `run` returns soon after."""
        self._killed = True
        if self._transport is not None:
            with suppress(ProcessLookupError):
                self._transport.kill()

    async def run(self) -> Exit:
        """Start the child, and wait until it has ended. When cancelled, the child is gone before it returns.

        Raises OSError when it cannot be started.
        """
        loop = asyncio.get_running_loop()
        self._exited = loop.create_future()
        transport, _ = await loop.subprocess_exec(
            lambda: self,
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=child_variables() | {"MALLOC_ARENA_MAX": "2"},
            start_new_session=True,
        )
        try:
            code = await asyncio.shield(self._exited)
        except asyncio.CancelledError:
            self.kill()
            await self._exited
            raise
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self._closed = True
            transport.close()
        text = self._complaint.decode("utf-8", "replace").strip()
        return Exit(code, self._stalled, text, self.dropped)

    def _write(self, data: bytes) -> None:
        if self._input is None:
            self._early.append(data)
            self._early_bytes += len(data)
        elif not self._input.is_closing():
            self._input.write(data)

    # the child

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)
        self._input = cast(asyncio.WriteTransport, self._transport.get_pipe_transport(0))
        self._input.write(write(SetupMessage(self._setup.json())))
        for data in self._early:
            self._input.write(data)
        self._early.clear()
        self._timer = asyncio.get_running_loop().call_later(CHECK_S, self._check)
        if self._closed:
            self.close()
        if self._killed:
            self.kill()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 2:
            self._complaint = (self._complaint + data)[-MAX_COMPLAINT:]
            return
        try:
            for message in self._messages.receive(data):
                match message:
                    case Progress(taken_ms):  # it alone: one encoder may hang while the others go on
                        self._unanswered_since, self._answered = None, True
                        self._answered_ms = max(taken_ms, self._answered_ms or 0)
                    case SampleMessage(rendition, sample) if rendition < len(self._setup.plans):
                        self._output.sample(rendition, sample)
                    case TracksMessage(rendition, video, audio) if rendition < len(self._setup.plans):
                        self._output.tracks(rendition, video, audio)
                    case Note(rendition, code, values) if 0 <= rendition < len(self._setup.plans):
                        self._output.note(rendition, code, values)
        except BadMessage as error:
            self._complaint = f"the child wrote {error}".encode()
            self.kill()

    def process_exited(self) -> None:
        if self._exited is not None and not self._exited.done():
            transport = self._transport
            code = transport.get_returncode() if transport is not None else None
            self._exited.set_result(-1 if code is None else code)

    def _check(self) -> None:
        since = self._unanswered_since
        stall_s = self._stall_s if self._answered else self._stall_s * STARTING
        if since is not None and time.monotonic() - since > stall_s:
            self._stalled = True
            self.kill()
            return
        self._timer = asyncio.get_running_loop().call_later(CHECK_S, self._check)
