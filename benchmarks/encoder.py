"""The publisher (`publisher.py`) as its parent sees it: started, watched, ended."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.clip import FULL_HD, Clip, made
from benchmarks.edge import SentFrame
from benchmarks.processes import START_S, Failed, folder, last_words, running
from benchmarks.servers import Server


@dataclass(frozen=True, slots=True)
class Publisher:
    """A running publisher, and what it has written so far."""

    process: "subprocess.Popen[str]"
    place: Path

    def _said(self) -> list[dict[str, object]]:
        lines = (self.place / "said").read_text().split("\n")[:-1]  # what stands behind the last newline is half a line
        return [json.loads(line) for line in lines]

    def sent(self) -> list[SentFrame]:
        """The frames sent so far."""
        rows = [row for row in self._said() if "frame" in row]
        return [SentFrame(int(str(row["frame"])), float(str(row["media_s"])), float(str(row["at"]))) for row in rows]

    def connected_at(self) -> float:
        """Return when it began to connect to its first server. Raises Failed when it has not."""
        for row in self._said():
            if "connecting" in row:
                return float(str(row["at"]))
        raise Failed(f"the publisher did not begin: {last_words(self.place / 'errors')}")

    def wait_for_frames(self, count: int = 1) -> None:
        """Wait until so many frames were sent. Raises Failed."""
        deadline = time.monotonic() + START_S + count / 25
        while len(self.sent()) < count:
            if time.monotonic() > deadline or self.process.poll():
                raise Failed(f"the publisher does not send: {last_words(self.place / 'errors')}")
            time.sleep(0.1)


@contextlib.contextmanager
def publisher(*servers: Server, clip: Clip = FULL_HD, seconds: float, drop: bool = False) -> Iterator[Publisher]:
    """An encoder that sends `clip` to all the servers for so long, or until the block ends."""
    made(clip)  # now, not while the clock runs
    with folder() as place, (place / "said").open("w") as said:
        words = ["--clip", str(clip.height), "--seconds", str(seconds), *(["--drop"] if drop else [])]
        command = [sys.executable, "-m", "benchmarks.publisher", *words, *(each.publish_url for each in servers)]
        with running(command, place / "errors", output=said.fileno()) as process:
            yield Publisher(process, place)
