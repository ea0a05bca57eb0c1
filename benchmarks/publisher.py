"""An encoder in a process of its own, so that its work is nobody's: `python -m benchmarks.publisher URL...`.

Sends the same clip to every URL at the pace of its timestamps and prints what it did, one JSON line per step. All
times are of the wall clock, which a browser on the same machine shares.
"""

import argparse
import asyncio
import json
import signal
import time
from collections.abc import Iterator, Sequence

from benchmarks.clip import FULL_HD, HD, Clip, Reel, reel
from media import flv
from media.rtmp import Audio, Metadata, PublishClient, Video, connect

CLIPS = {str(clip.height): clip for clip in (FULL_HD, HD)}


def say(**values: object) -> None:
    print(json.dumps(values), flush=True)


def metadata(clip: Clip) -> Metadata:
    """onMetaData as OBS sends it."""
    width, height = clip.size
    return Metadata(
        {
            "width": float(width),
            "height": float(height),
            "videocodecid": 7.0,
            "videodatarate": clip.kbps - 128.0,
            "framerate": float(clip.fps),
            "audiocodecid": 10.0,
            "audiodatarate": 128.0,
            "audiosamplerate": 48_000.0,
            "audiochannels": 2.0,
            "stereo": True,
            "encoder": "obs-output module (libobs version 31.0.0)",
        }
    )


def schedule(film: Reel) -> Iterator[tuple[int, int, flv.Tag]]:
    """Yield (milliseconds from the start, number of the picture or -1, tag), without end."""
    base = 0
    while True:
        number = 0
        for tag in film.round:
            if tag.kind is flv.TagKind.VIDEO:
                yield base + tag.timestamp_ms, number, tag
                number += 1
            else:
                yield base + tag.timestamp_ms, -1, tag
        base += film.length_ms


def event(tag: flv.Tag, at_ms: int) -> Video | Audio:
    kind = Video if tag.kind is flv.TagKind.VIDEO else Audio
    return kind(at_ms & 0xFFFFFFFF, tag.payload)


async def send(clients: Sequence[PublishClient], film: Reel, seconds: float, stop: asyncio.Event) -> None:
    for tag in film.opening:
        for client in clients:
            client.send(event(tag, 0))
    began = time.time()
    for at_ms, number, tag in schedule(film):
        if at_ms > seconds * 1000 or stop.is_set():
            return
        if (wait := began + at_ms / 1000 - time.time()) > 0:
            await asyncio.sleep(wait)
        for client in clients:
            client.send(event(tag, at_ms))
        if number >= 0:
            say(frame=number, media_s=at_ms / 1000, at=time.time())


async def publish(urls: Sequence[str], clip: Clip, seconds: float, drop: bool) -> None:
    film, stop = reel(clip), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    clients = []
    for url in urls:
        say(connecting=url, at=time.time())
        clients.append(await connect(url))
        clients[-1].send(metadata(clip))
    try:
        await send(clients, film, seconds, stop)
    finally:
        for client in clients:
            if drop:
                client.abort()
            else:
                await client.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", nargs="+", metavar="URL")
    parser.add_argument("--clip", choices=CLIPS, default="1080", help="its height")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--drop", action="store_true", help="end as if the cable was cut")
    given = parser.parse_args()
    asyncio.run(publish(given.urls, CLIPS[given.clip], min(given.seconds, 300.0), given.drop))


if __name__ == "__main__":
    main()
