"""The age of the newest media in a playlist, ours beside nginx's: `python -m benchmarks.live_edge`.

Both get the same publisher at the same time and are asked for their playlist every 20 ms.
"""

import time
from dataclasses import dataclass, field
from statistics import mean

from benchmarks.clip import FULL_HD
from benchmarks.edge import Edge, SentFrame, ages
from benchmarks.encoder import publisher
from benchmarks.fetch import Connection
from benchmarks.reading import Reading
from benchmarks.servers import Server, nginx, nginx_module, node

EVERY_S = 0.02
WARM_S, MEASURE_S = 6, 30


@dataclass
class Poller:
    """Asks one server; `looks` are (when the answer was here, seconds listed)."""

    server: Server
    looks: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._connection, self._edge = Connection(self.server.port), Edge()
        self._text, self._listed_s = b"", 0.0

    def look(self) -> None:
        status, text = self._connection.get(self.server.playlist)
        at = time.time()
        if status != 200:
            return
        if text != self._text:
            self._text, self._listed_s = text, self._edge.see(text.decode())
        self.looks.append((at, self._listed_s))


def main() -> None:
    if nginx_module() is None:
        with node() as ours:
            report(*measure([ours]))
    else:
        with node() as ours, nginx() as (theirs, _):
            report(*measure([ours, theirs]))


def measure(servers: list[Server]) -> tuple[list[SentFrame], list[Poller]]:
    pollers = [Poller(server) for server in servers]
    with publisher(*servers, seconds=WARM_S + MEASURE_S + 5) as encoder:
        encoder.wait_for_frames()
        due = time.monotonic()
        for _ in range(round((WARM_S + MEASURE_S) / EVERY_S)):
            for poller in pollers:
                poller.look()
            due = max(due + EVERY_S, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))
        return encoder.sent(), pollers


def report(sent: list[SentFrame], pollers: list[Poller]) -> None:
    found = [ages(sent, [look for look in poller.looks if look[0] > sent[0].at + WARM_S]) for poller in pollers]
    for name, of, reach in (("live_edge_mean", mean, 0.25), ("live_edge_most", max, None)):
        values = [round(of(each), 3) for each in found]
        note = f"{FULL_HD}; {len(found[0])} looks" if reach else ""
        peer, theirs = ("nginx-rtmp", values[1]) if len(values) > 1 else ("", None)
        print(Reading(name, values[0], "s", reach=reach, peer=peer, peer_value=theirs, note=note))


if __name__ == "__main__":
    main()
