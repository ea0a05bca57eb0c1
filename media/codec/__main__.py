"""The child process: reads one request from standard input, writes a picture to standard output, and ends.

It makes a JPEG of a keyframe, or with the argument `gif` an animation of JPEGs.
"""

import os
import resource
import sys

from media.codec.animation import gif
from media.codec.picture import NotDecodable, jpeg
from media.codec.request import GIF, MAX_REQUEST, BadRequest, read_animation, read_request

NICENESS = 10  # viewers come first
MAX_CPU_S = 10  # a picture takes 0.1; the parent may be gone and cannot stop this process
MAX_MEMORY = 512 << 20  # bytes of addresses; a picture of 8192x4320 takes 209 MB, one of 3840x2160 155 (measured)


def restrict() -> None:
    """Give up what a picture does not need, before anything that a stranger sent is decoded."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))


def _animation(given: bytes) -> bytes:
    asked = read_animation(given)
    return gif(asked.pictures, asked.width, asked.frame_ms)


def main() -> int:
    restrict()
    try:
        given = sys.stdin.buffer.read(MAX_REQUEST + 1)
        made = _animation(given) if sys.argv[1:] == [GIF] else jpeg(read_request(given))
    except MemoryError:
        print("it takes too much memory", file=sys.stderr)
        return 1
    except (BadRequest, NotDecodable) as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
