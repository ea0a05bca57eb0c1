"""The burst of `burst.py` while the channel is live: what it does to the video: `python -m benchmarks.burst_live`."""

import time

from benchmarks.burst import DEAD, FOLLOWERS, LIVE, post, ready
from benchmarks.clip import FULL_HD
from benchmarks.encoder import publisher
from benchmarks.processes import Failed
from benchmarks.reading import Reading
from benchmarks.watching import watching

WARM_S, BEFORE_S, MOST_S, AFTER_S = 4, 12.0, 20.0, 1.0


def main() -> None:
    seconds = WARM_S + BEFORE_S + MOST_S + 10
    with ready() as burst, publisher(burst.ours, seconds=seconds) as encoder, watching(burst.ours, encoder) as watch:
        encoder.wait_for_frames(WARM_S * FULL_HD.fps)
        begin = time.time()
        time.sleep(BEFORE_S)
        asked = post(burst.ours, "We are live, come and see.")
        while len(burst.reached()) < LIVE:
            if time.time() > asked + MOST_S:
                raise Failed("not all inboxes were reached")
            time.sleep(0.2)
        took = time.time() - asked
        time.sleep(AFTER_S)  # what is written down after the last answer
        before, during = watch.p99_ms(begin, asked), watch.p99_ms(asked, asked + took + AFTER_S)
    note = (
        f"{FOLLOWERS} followers on {LIVE + DEAD} inboxes in {took:.1f} s; {before:.0f} ms before, {during:.0f} ms then"
    )
    print(Reading("burst_edge", round(max(0.0, during - before), 1), "ms", reach=50, note=note))


if __name__ == "__main__":
    main()
