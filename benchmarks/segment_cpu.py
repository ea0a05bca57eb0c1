"""CPU to serve a segment of about 1 MiB, ours beside nginx's sendfile: `python -m benchmarks.segment_cpu`.

The node serves a real segment of its window; nginx the same bytes from a file. The encoder is gone by then, so that
the node does nothing else; the two are asked in turn.
"""

import json
import posixpath
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.encoder import publisher
from benchmarks.fetch import Connection
from benchmarks.processes import ROOT, START_S, Failed, cpu_s
from benchmarks.reading import Reading, Skipped
from benchmarks.servers import NO_NGINX, Server, nginx, nginx_module, node
from media import m3u8

ROUNDS, REQUESTS, CONNECTIONS = 4, 500, 16
SEND_S = 7.0


def main() -> None:
    if nginx_module() is None:
        print(Skipped(NO_NGINX))
        return
    with node() as ours, nginx() as (theirs, www):
        path, body = segment(ours)
        (www / "segment.m4s").write_bytes(body)
        microseconds = measure({ours: path, theirs: "/segment.m4s"})
    print(
        Reading(
            "segment_cpu",
            round(microseconds[0], 1),
            "us a request",
            reach=3,
            reach_of="ratio",
            peer="nginx",
            peer_value=round(microseconds[1], 1),
            note=f"{len(body) / (1 << 20):.2f} MiB, {ROUNDS * REQUESTS} requests over {CONNECTIONS} connections",
        )
    )


def segment(server: Server) -> tuple[str, bytes]:
    """Stream until there is a finished segment, cut the encoder off, and return path and bytes of the segment."""
    with publisher(server, seconds=SEND_S, drop=True) as encoder:
        encoder.process.wait(SEND_S + START_S)
    connection = Connection(server.port)
    _, text = connection.get(server.playlist)
    playlist = m3u8.parse(text.decode())
    if not isinstance(playlist, m3u8.MediaPlaylist) or not playlist.segments:
        raise Failed("the node lists no finished segment")
    longest = max(playlist.segments, key=lambda each: each.duration_s)  # the first one is short
    path = posixpath.join(posixpath.dirname(server.playlist), longest.uri)
    status, body = connection.get(path)
    connection.close()
    if status != 200:
        raise Failed(f"{path}: {status}")
    return path, body


def measure(paths: dict[Server, str]) -> list[float]:
    """Microseconds of CPU per request, in the order of the servers."""
    used = dict.fromkeys(paths, 0.0)
    for server, path in list(paths.items()):
        hammer(server, path, CONNECTIONS)  # so that nothing is done for the first time
    for _ in range(ROUNDS):
        for server, path in paths.items():
            before = cpu_s(server.pid)
            hammer(server, path, REQUESTS)
            used[server] += cpu_s(server.pid) - before
            time.sleep(0.2)
    asked = ROUNDS * (REQUESTS // CONNECTIONS * CONNECTIONS)
    return [seconds / asked * 1e6 for seconds in used.values()]


def hammer(server: Server, path: str, count: int) -> None:
    command = [sys.executable, "-m", "benchmarks.fetch", str(server.port), path, str(count), str(CONNECTIONS)]
    done = subprocess.run(command, cwd=Path(ROOT), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{server.url}{path}: {done.stderr[-500:]}")
    json.loads(done.stdout)


if __name__ == "__main__":
    main()
