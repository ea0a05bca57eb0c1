"""The child: reads one request from standard input, writes a JPEG to standard output, and ends."""

import os
import resource
import sys

from media.codec.picture import NoPicture, jpeg
from media.codec.wire import MAX_REQUEST, Broken, read_request

NICENESS = 10  # viewers come first
MAX_CPU_S = 10  # a picture takes 0.1; who made us may be gone and cannot stop us


def main() -> int:
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    try:
        made = jpeg(read_request(sys.stdin.buffer.read(MAX_REQUEST + 1)))
    except (Broken, NoPicture) as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
