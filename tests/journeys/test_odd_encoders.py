"""Encoders that send H.264 and AAC in other forms, or on clocks of their own, before a whole node; libav watches."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import pytest

from media import flv, m3u8
from media.rtmp import Audio, Metadata, Video, connect
from tests.kit import encodings
from tests.kit.encoder import METADATA
from tests.kit.footage import Recipe, flv_tags
from tests.kit.livenode import PASSWORD, LiveNode, live_node

CLIP = flv_tags(Recipe(seconds=8, size=(160, 90), fps=15, gop=30))
ADMIN = ("admin", PASSWORD)


def moved(tags: Iterable[flv.Tag], by_ms: int, kinds: tuple[flv.TagKind, ...], since_ms: int = 0) -> list[flv.Tag]:
    return [
        replace(tag, timestamp_ms=tag.timestamp_ms + by_ms & 0xFFFFFFFF)
        if tag.kind in kinds and tag.timestamp_ms >= since_ms
        else tag
        for tag in tags
    ]


BOTH = (flv.TagKind.AUDIO, flv.TagKind.VIDEO)
FORMS: dict[str, Callable[[], Iterable[flv.Tag]]] = {
    "sets in the keyframes, ADTS": lambda: encodings.with_adts(encodings.with_sets_in_keyframes(CLIP)),
    "start codes, no headers": lambda: encodings.with_adts(encodings.with_start_codes(CLIP, header=False)),
    "the picture's clock counts from 1970": lambda: moved(CLIP, 1_780_000_000_000, (flv.TagKind.VIDEO,)),
    "the sound is 5 s ahead": lambda: moved(CLIP, 5_000, (flv.TagKind.AUDIO,)),
    "both clocks step back 2 s": lambda: moved(moved(CLIP, 60_000, BOTH), -2_000, BOTH, 63_000),
}


async def publish(node: LiveNode, tags: Iterable[flv.Tag]) -> None:
    """Send a clip faster than in real time, and stay."""
    client = await connect(node.publish_url)
    client.send(Metadata({**METADATA, "framerate": 15.0}))  # type: ignore[dict-item]
    for tag in tags:
        if tag.kind is flv.TagKind.VIDEO:
            client.send(Video(tag.timestamp_ms, tag.payload))
        elif tag.kind is flv.TagKind.AUDIO:
            client.send(Audio(tag.timestamp_ms, tag.payload))
        await asyncio.sleep(0.002)
    await client.close()


@pytest.mark.parametrize("form", FORMS)
async def test_libav_shows_every_picture_and_hears_every_sound(tmp_path: Path, form: str) -> None:
    async with live_node(tmp_path) as node:
        await publish(node, FORMS[form]())
        await node.until("offline")
        playlist = m3u8.parse((await node.http.get("/hls/0/stream.m3u8")).text)
        assert isinstance(playlist, m3u8.MediaPlaylist)
        assert min(segment.duration_s for segment in playlist.segments[1:-1]) >= 0.5

        def watch() -> tuple[int, list[float]]:
            with av.open(f"{node.url}hls/stream.m3u8", options={"err_detect": "explode"}) as source:
                source.streams.video[0].thread_count = 1
                shown, heard = 0, []
                for packet in source.demux(source.streams.video[0], source.streams.audio[0]):
                    shown += len(packet.decode()) if packet.stream.type == "video" else 0
                    if packet.stream.type == "audio" and packet.pts is not None and packet.time_base is not None:
                        heard.append(float(packet.pts * packet.time_base))
            return shown, heard

        shown, heard = await asyncio.to_thread(watch)
        assert shown == 120
        assert len(heard) >= 370
        # where the new run begins after a step, sound may be half a frame early or late
        assert all(0.01 < after - before < 0.045 for before, after in pairwise(sorted(heard)))


async def test_an_encoder_whose_pictures_nobody_can_decode_is_told_and_the_admin_reads_why(tmp_path: Path) -> None:
    pictures = [tag for tag in encodings.without_config(CLIP, flv.TagKind.VIDEO) if tag.kind is flv.TagKind.VIDEO]
    async with live_node(tmp_path) as node:
        client = await connect(node.publish_url)

        async def send() -> None:
            for n, tag in enumerate(pictures * 20):
                if not client.publishing:
                    return
                client.send(Video(n * 66, tag.payload))
                await asyncio.sleep(0.066)

        async with asyncio.timeout(30):
            await send()
            failure = await client.wait_closed()
        assert "no H.264 configuration" in str(failure)
        status = (await node.http.get("/api/admin/status", auth=ADMIN)).json()
        assert "no H.264 configuration" in "\n".join(status["warnings"])
        log = (await node.http.get("/api/admin/logs/warnings", auth=ADMIN)).text
        assert "no H.264 configuration" in log
