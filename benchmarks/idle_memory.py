"""The memory of a freshly started node with federation, without publisher and viewers:
`python -m benchmarks.idle_memory`.
"""

import asyncio
import time
from pathlib import Path

from benchmarks.followed import written
from benchmarks.processes import folder, rss_mb
from benchmarks.reading import Reading
from benchmarks.servers import node

SETTLE_S = 3.0
NOTE = "the front process, federation on, before the first signed request, which takes 10 MB more"


async def prepare(data: Path) -> None:
    async with written(data):
        pass


def main() -> None:
    with folder() as place:
        data = place / "data"
        data.mkdir()
        asyncio.run(prepare(data))
        with node(data=data):
            pass  # the first start makes the keys
        with node(data=data) as ours:
            time.sleep(SETTLE_S)
            print(Reading("idle_memory", round(rss_mb(ours.pid), 1), "MB", reach=70, note=NOTE))


if __name__ == "__main__":
    main()
