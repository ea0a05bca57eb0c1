"""Time from the publisher's TCP connect to the first playlist with media: `python -m benchmarks.first_playlist`."""

import time
from statistics import median

from benchmarks.encoder import publisher
from benchmarks.fetch import Connection
from benchmarks.processes import START_S, Failed
from benchmarks.reading import Reading
from benchmarks.servers import Server, nginx, nginx_module, node

EVERY_S = 0.01
ROUNDS = 3


def main() -> None:
    ours = median(_ours() for _ in range(ROUNDS))
    theirs = median(_theirs() for _ in range(ROUNDS)) if nginx_module() else None
    peer = "nginx-rtmp" if theirs else ""
    print(
        Reading(
            "first_playlist",
            round(ours, 3),
            "s",
            reach=0.6,
            peer=peer,
            peer_value=round(theirs, 3) if theirs else None,
            note=f"the middle of {ROUNDS} starts, looked for every {EVERY_S * 1000:.0f} ms",
        )
    )


def _ours() -> float:
    with node() as server:
        return _start(server)


def _theirs() -> float:
    with nginx() as (server, _):
        return _start(server)


def _start(server: Server) -> float:
    """Seconds. Raises Failed."""
    connection = Connection(server.port)
    deadline = time.monotonic() + START_S
    with publisher(server, seconds=START_S) as encoder:
        while time.monotonic() < deadline:
            status, body = connection.get(server.playlist)
            if status == 200 and (b"#EXTINF" in body or b"#EXT-X-PART:" in body):
                return time.time() - encoder.connected_at()
            time.sleep(EVERY_S)
    raise Failed(f"no media in the playlist of {server.publish_url}")


if __name__ == "__main__":
    main()
