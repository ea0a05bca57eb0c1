"""The clients of a full chat whose frames are looked at: `python -m benchmarks.chat_probe PORT PATHS RATE SECONDS`.

PATHS is a file with a line for each client; all of them speak in turn. They came last, and are told last in the rounds
that begin with who came first. As a process of its own, before all others where that is allowed, so that what is late
is late by the server's doing. Prints one JSON object.
"""

import contextlib
import json
import os
import sys
import time
from pathlib import Path

from benchmarks.chat_crowd import crowd

BODY = "a line of chat as people write it, neither short nor long, of 80 letters or so.."
GREETINGS_S, WARM_S = 1.0, 1.0
FIRST = 200 * 250  # the number of the first client's address: others have those below


def main() -> None:
    port, file, rate, seconds = int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    with contextlib.suppress(OSError):
        os.nice(-10)
    paths = file.read_text().split()
    with crowd(port, len(paths), path=paths.__getitem__, first=FIRST) as probes:
        probes.listen(GREETINGS_S)
        say = probes.speakers(BODY)
        probes.talk(say, rate, WARM_S)
        begin = time.time()
        heard = probes.talk(say, rate, seconds)
        end = time.time()
    found = {"p50_ms": heard.age(0.5), "p99_ms": heard.age(0.99), "missing": heard.missing, "frames": heard.frames}
    print(json.dumps({**found, "begin": begin, "end": end}))


if __name__ == "__main__":
    main()
