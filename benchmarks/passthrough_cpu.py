"""CPU for one stream that nobody watches, ours beside nginx's: `python -m benchmarks.passthrough_cpu`.

One publisher feeds both at the same time, so that whatever else the machine does meets both.
"""

import time

from benchmarks.clip import FULL_HD
from benchmarks.encoder import publisher
from benchmarks.processes import cpu_s
from benchmarks.reading import Reading, Skipped
from benchmarks.servers import NO_NGINX, nginx, nginx_module, node

WARM_S, MEASURE_S = 5, 30


def main() -> None:
    if nginx_module() is None:
        print(Skipped(NO_NGINX))
        return
    with node() as ours, nginx() as (theirs, _), publisher(ours, theirs, seconds=WARM_S + MEASURE_S + 5) as encoder:
        encoder.wait_for_frames(WARM_S * FULL_HD.fps)
        before, began = (cpu_s(ours.pid), cpu_s(theirs.pid)), time.monotonic()
        time.sleep(MEASURE_S)
        after, took = (cpu_s(ours.pid), cpu_s(theirs.pid)), time.monotonic() - began
    used = [(late - early) / took for early, late in zip(before, after, strict=True)]
    print(
        Reading(
            "passthrough_cpu",
            round(used[0] * 100, 3),
            "% of a core",
            reach=3,
            reach_of="ratio",
            peer="nginx-rtmp",
            peer_value=round(used[1] * 100, 3),
            note=f"{FULL_HD}; {MEASURE_S} s, no viewers",
        )
    )


if __name__ == "__main__":
    main()
