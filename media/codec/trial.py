"""A trial of the encoder: a few pictures of H.264, in a child process that may crash. Run by `python -m
media.codec.trial`.

It prints the name of the encoder and the bytes that it made.
"""

import sys
from fractions import Fraction
from typing import cast

import av

ENCODER = "libx264"
SIZE = (320, 180)
PICTURES = 30


def main() -> None:
    container = av.open("/dev/null", "w", format="null")
    stream = cast(av.VideoStream, container.add_stream(ENCODER, rate=PICTURES))
    stream.width, stream.height = SIZE
    stream.pix_fmt = "yuv420p"
    stream.time_base = Fraction(1, PICTURES)
    made = 0
    for number in range(PICTURES):
        picture = av.VideoFrame(*SIZE, "yuv420p")
        for plane in picture.planes:
            plane.update(bytes((number * 7 % 256,)) * plane.buffer_size)
        picture.pts = number
        made += sum(packet.size for packet in stream.encode(picture))
    made += sum(packet.size for packet in stream.encode(None))
    container.close()
    sys.stdout.write(f"{ENCODER} {made}\n")


if __name__ == "__main__":
    main()
