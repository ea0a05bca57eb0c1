"""A backup of a large database while the chat is written: `python -m benchmarks.backup_live`.

A database of 1 GB, into which 900 messages a second are stored: first for some seconds alone, then until
`fedistream backup`, a process of its own, is done.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.chat_log import RATE, chat, fill, write
from benchmarks.processes import Failed
from benchmarks.reading import Reading, print_measures

ROWS: Final = 680_000
BODY: Final = "Something long that people say while they watch. " * 10  # 1 kB with its HTML
BEFORE_S, MOST_S = 8.0, 200.0


async def backup(data: Path, file: Path) -> float:
    """Make a backup in a process of its own. Returns the seconds that it took. Raises Failed."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "fedistream", "backup", str(file), "--data-dir", str(data)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    try:
        async with asyncio.timeout(MOST_S):
            _, errors = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise Failed(f"no backup after {MOST_S:.0f} s") from None
    if process.returncode:
        raise Failed(f"no backup: {errors.decode()[-300:]}")
    return time.perf_counter() - began


async def measure(folder: Path, rows: int = ROWS, before_s: float = BEFORE_S) -> Iterator[Reading]:
    data = folder / "data"
    data.mkdir()
    path = data / "fedistream.db"
    async with chat(path) as made:
        await asyncio.to_thread(fill, path, made, rows, BODY)
        size = path.stat().st_size
        _, alone = await write(made, lambda passed: passed < before_s)
        saving = asyncio.create_task(backup(data, folder / "backup.tar.gz"))
        _, then = await write(made, lambda _: not saving.done())
        spent = await saving
    what = f"{size / 1e9:.2f} GB of SQLite, {RATE} messages/s; the backup took {spent:.0f} s"
    note = f"p99 {alone:.0f} ms without the backup, {then:.0f} ms with it; {what}"
    return iter((Reading("backup_chat_p99", round(max(0.0, then - alone), 1), "ms", reach=20, note=note),))


def main() -> None:
    print_measures(measure)


if __name__ == "__main__":
    main()
