"""The burst of `burst.py` while the channel is live: what it does to the video: `python -m benchmarks.burst_live`."""

import time

from benchmarks.burst import DEAD, FOLLOWERS, LIVE, post, ready
from benchmarks.clip import FULL_HD
from benchmarks.encoder import publisher
from benchmarks.live_edge import Poller
from benchmarks.processes import Failed
from benchmarks.reading import Reading
from benchmarks.watching import disturbed

WARM_S, BEFORE_S, MOST_S, AFTER_S = 5, 12.0, 20.0, 1.0


def main() -> None:
    with ready() as burst, publisher(burst.ours, seconds=WARM_S + BEFORE_S + MOST_S + 10) as encoder:
        encoder.wait_for_frames(WARM_S * FULL_HD.fps)
        took = 0.0

        def everybody_is_told() -> None:
            nonlocal took
            asked = post(burst.ours, "We are live, come and see.")
            while len(burst.reached()) < LIVE:
                if time.time() > asked + MOST_S:
                    raise Failed("not all inboxes were reached")
                time.sleep(0.2)
            took = time.time() - asked
            time.sleep(AFTER_S)  # what is written down after the last answer

        edges = disturbed(encoder, Poller(burst.ours), BEFORE_S, everybody_is_told)
    what = f"{FOLLOWERS} followers on {LIVE + DEAD} inboxes in {took:.1f} s"
    note = f"p99 {edges.before_ms:.0f} ms before, {edges.meanwhile_ms:.0f} ms during {edges.seconds:.1f} s of it"
    print(Reading("burst_edge", round(edges.worse_ms, 1), "ms", reach=50, note=f"{what}; {note}"))


if __name__ == "__main__":
    main()
