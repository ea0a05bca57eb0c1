"""An encoder as a node meets it: publishes a clip over RTMP at its timestamps' pace, and may die in mid-stream."""

import asyncio
from collections.abc import Iterable, Sequence

from media import flv
from media.rtmp import Audio, Metadata, PublishClient, Video, connect
from tests.kit.footage import DEFAULT, Recipe, flv_tags

METADATA: dict[str, object] = {
    "videocodecid": 7.0,
    "audiocodecid": 10.0,
    "framerate": 30.0,
    "videodatarate": 300.0,
    "audiodatarate": 128.0,
    "encoder": "obs-output module (libobs version 31.0.0)",
}


class Encoder:
    """`await Encoder.start(url)` publishes in a loop until `stop` (in order), `die` (as if the cable was cut).

    `sent` counts the video frames sent. The clip's length has to be a whole number of GOPs. What is in `muted` is not
    sent at the moment.
    """

    def __init__(self, client: PublishClient, tags: Sequence[flv.Tag], length_ms: int) -> None:
        self.client, self.sent = client, 0
        self.muted: set[flv.TagKind] = set()
        self._tags, self._length_ms = tags, length_ms
        self._task = asyncio.create_task(self._run())

    @classmethod
    async def start(
        cls, url: str, recipe: Recipe = DEFAULT, *, metadata: bool = True, muted: Iterable[flv.TagKind] = ()
    ) -> "Encoder":
        """Raises PublishFailed."""
        tags = flv_tags(recipe)
        client = await connect(url)
        if metadata:
            client.send(Metadata({**METADATA, "framerate": float(recipe.fps)}))  # type: ignore[dict-item]
        encoder = cls(client, tags, round(recipe.seconds * 1000))
        encoder.muted |= set(muted)
        return encoder

    async def stop(self) -> None:
        await self._quit()
        await self.client.close()

    async def die(self) -> None:
        await self._quit()
        self.client.abort()

    async def _quit(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        began, base = loop.time(), 0
        while True:
            for tag in self._tags:
                at_ms = base + tag.timestamp_ms
                if (wait := began + at_ms / 1000 - loop.time()) > 0:
                    await asyncio.sleep(wait)
                self._send(tag, at_ms & 0xFFFFFFFF)
            base += self._length_ms

    def _send(self, tag: flv.Tag, timestamp_ms: int) -> None:
        if tag.kind in self.muted:
            return
        if tag.kind is flv.TagKind.VIDEO:
            self.sent += flv.parse_video(tag.payload).packet is flv.Packet.FRAMES
            self.client.send(Video(timestamp_ms, tag.payload))
        elif tag.kind is flv.TagKind.AUDIO:
            self.client.send(Audio(timestamp_ms, tag.payload))
