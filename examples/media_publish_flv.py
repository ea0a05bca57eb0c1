"""Publish an FLV file to an RTMP server, as fast as it is played: `python examples/media_publish_flv.py FILE URL`.

`ffmpeg -i film.mp4 -c copy film.flv` makes one; the URL is for example rtmp://127.0.0.1:1935/live/example.
"""

import asyncio
import sys
from pathlib import Path

from media.flv import TagKind, read_tags
from media.rtmp import Audio, Metadata, Video, amf0, connect

BUFFER_BYTES = 4 << 20  # what may wait for a slow server before the program gives up


async def publish(file: str, url: str) -> None:
    """Raises PublishFailed when the server refuses the stream, OSError and media.flv.BadTag for the file."""
    tags = list(read_tags(await asyncio.to_thread(Path(file).read_bytes)))
    client = await connect(url)
    clock = asyncio.get_running_loop().time
    began = clock()
    for tag in tags:
        await asyncio.sleep(tag.timestamp_ms / 1000 - (clock() - began))
        if client.buffered > BUFFER_BYTES:
            raise TimeoutError("the server is too slow for this file")
        if tag.kind is TagKind.SCRIPT:
            name, *values = amf0.parse(tag.payload)
            if name == "onMetaData" and values and isinstance(values[0], dict):
                client.send(Metadata(values[0]))
        elif tag.payload:
            client.send((Video if tag.kind is TagKind.VIDEO else Audio)(tag.timestamp_ms, tag.payload))
    await client.close()


if __name__ == "__main__":
    asyncio.run(publish(*sys.argv[1:]))
