"""A message that was accepted in the chat is there after a kill -9."""

import asyncio
import signal
import sys
from pathlib import Path

from fedistream.chat.messages import MessageLog
from fedistream.chat.visitors import Visitors
from fedistream.core.bus import Bus
from tests.house.tree import ROOT
from tests.kit.chatroom import Timers
from tests.kit.database import empty_database, opened

ENOUGH = 200

TALKER = """
import asyncio, sys
from pathlib import Path
from tests.kit.chatroom import chatroom
from tests.kit.database import opened

async def main():
    async with opened(sys.argv[1]), chatroom(Path(sys.argv[2])) as room:
        seats = [(await room.guest(f"N{n}", f"192.0.2.{n}"))[0] for n in range(20)]
        n = 0
        while True:
            room.clock.advance(10)
            for message in await asyncio.gather(*(room.feature.chat.say(seat, f"{n} {seat.id}") for seat in seats)):
                print(message.id, flush=True)
            n += 1

asyncio.run(main())
"""


async def test_a_line_that_was_accepted_is_there_after_a_kill(tmp_path: Path) -> None:
    url = empty_database(tmp_path)
    command = [sys.executable, "-c", TALKER, url, str(tmp_path)]
    talker = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert talker.stdout is not None
    accepted: list[str] = []
    async with asyncio.timeout(60):
        while len(accepted) < ENOUGH:
            accepted.append((await talker.stdout.readline()).decode().strip())
        talker.send_signal(signal.SIGKILL)
        accepted += [line for line in (await talker.stdout.read()).decode().split("\n")[:-1] if line]
        await talker.wait()
    clocks = Timers().clocks()
    async with opened(url):
        log = MessageLog(clocks, Visitors(clocks), Bus())
        found = {message.id for start in range(0, len(accepted), 500)
                 for message in await log.by_ids(accepted[start : start + 500])}  # fmt: skip
    assert set(accepted) <= found
