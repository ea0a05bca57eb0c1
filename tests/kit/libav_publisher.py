"""Publishes a test picture and a tone with PyAV: `python -m tests.kit.libav_publisher URL [option=value ...]`.

A program of its own, because PyAV keeps the interpreter to itself while it connects: a server in the same process
would never answer it.
"""

import sys
from fractions import Fraction

import av


def publish(url: str, options: dict[str, str], seconds: int = 1) -> None:
    with av.open(url, "w", format="flv", options=options) as out:
        video = out.add_stream("libx264", rate=15, options={"preset": "ultrafast", "g": "15", "threads": "1"})
        video.width, video.height, video.pix_fmt = 160, 90, "yuv420p"
        video.time_base = Fraction(1, 15)
        audio = out.add_stream("aac", rate=48_000)
        with av.open(f"sine=r=48000:d={seconds}", format="lavfi") as tone:
            sounds = list(tone.decode(audio=0))
        with av.open(f"testsrc2=s=160x90:r=15:d={seconds}", format="lavfi") as picture:
            for frame in picture.decode(video=0):
                out.mux(video.encode(frame.reformat(format="yuv420p")))
        for sound in sounds:
            out.mux(audio.encode(sound))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))


if __name__ == "__main__":
    publish(sys.argv[1], dict(word.split("=", 1) for word in sys.argv[2:]))
