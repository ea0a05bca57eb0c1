"""Faulty encoders and attackers on one channel or port do not affect the viewers of another."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from media import flv, m3u8
from media.rtmp import Audio, PublishClient, PublishFailed, Video, connect
from tests.kit.encoder import Encoder
from tests.kit.footage import Recipe, flv_tags
from tests.kit.livenode import KEY, LiveNode, live_node

OTHER_KEY = "the-key-of-the-garden"
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Garden:
    """A node with a steady stream on its home channel, and a second channel for those who misbehave."""

    node: LiveNode
    garden_id: int

    async def client(self) -> PublishClient:
        return await connect(self.node.publish_url.replace(KEY, OTHER_KEY))

    async def playlist(self, slug: str = "") -> m3u8.MediaPlaylist | None:
        answer = await self.node.http.get(f"/hls/{slug}0/stream.m3u8")
        if answer.status_code != 200:
            return None
        value = m3u8.parse(answer.text)
        assert isinstance(value, m3u8.MediaPlaylist)
        return value

    async def position(self) -> tuple[int, int]:
        """Return how far the steady stream has come."""
        playlist = await self.playlist()
        assert playlist is not None, "the steady stream is gone"
        return playlist.media_sequence + len(playlist.segments), len(playlist.open.parts if playlist.open else ())

    async def goes_on(self) -> None:
        """The steady stream gets on, and the node answers, while and after others misbehave."""
        before = await self.position()
        async with asyncio.timeout(20):
            while await self.position() <= before:
                await asyncio.sleep(0.05)
        assert (await self.node.http.get("/readyz")).status_code == 200


@asynccontextmanager
async def garden(folder: Path) -> AsyncIterator[Garden]:
    async with live_node(folder) as node:
        channels = node.node.features.channels
        channel = await channels.make("garden")
        await channels.replace_stream_keys(channel.id, [(OTHER_KEY, "for the tests")])
        steady = await Encoder.start(node.publish_url, Recipe(seconds=2, size=(160, 90), fps=15, gop=30))
        made = Garden(node, channel.id)
        async with asyncio.timeout(20):
            while await made.playlist() is None:
                await asyncio.sleep(0.05)
        yield made
        await steady.stop()


def send(client: PublishClient, tags: Iterable[flv.Tag], *, later_ms: int = 0) -> None:
    for tag in tags:
        stamp = tag.timestamp_ms + later_ms & 0xFFFFFFFF
        if tag.kind is flv.TagKind.VIDEO:
            client.send(Video(stamp, tag.payload))
        elif tag.kind is flv.TagKind.AUDIO:
            client.send(Audio(stamp, tag.payload))


CLIP = flv_tags(Recipe(seconds=2, size=(160, 90), fps=15, gop=30))
LARGER = flv_tags(Recipe(seconds=2, size=(320, 180), fps=15, gop=30))
LONG_GOP = flv_tags(Recipe(seconds=60, size=(64, 36), fps=5, gop=300, audio=False, kbps=20))


def without_keyframes(client: PublishClient) -> None:
    first, *rest = [tag for tag in CLIP if tag.kind is flv.TagKind.VIDEO]
    send(client, [first, *(tag for tag in rest if not flv.parse_video(tag.payload).key)] * 5)


def back_in_time(client: PublishClient) -> None:
    send(client, CLIP, later_ms=HOUR_MS)
    send(client, CLIP)
    send(client, reversed(CLIP))


def hours_ahead(client: PublishClient) -> None:
    for hours in range(12):
        send(client, CLIP, later_ms=hours * HOUR_MS)


def other_resolution(client: PublishClient) -> None:
    for n in range(6):
        send(client, LARGER if n % 2 else CLIP, later_ms=n * 2_000)


def other_codec(client: PublishClient) -> None:
    send(client, CLIP)
    client.send(Video(2_000, b"\x90hvc1" + bytes(40)))


def empty_samples(client: PublishClient) -> None:
    send(client, CLIP)
    for n in range(200):
        client.send(Video(2_000 + n, b"\x27\1\0\0\0"))
        client.send(Audio(2_000 + n, b"\xaf\1"))


def a_minute_between_keyframes(client: PublishClient) -> None:
    send(client, LONG_GOP)


def noise(client: PublishClient) -> None:
    send(client, CLIP)
    for n in range(300):
        client.send(Video(2_000 + n * 33, b"\x27\1\0\0\0" + bytes([n % 256]) * 40))
        client.send(Audio(2_000 + n * 21, b"\xaf\1" + bytes([n % 256]) * 20))


def no_end_of_metadata(client: PublishClient) -> None:
    send(client, [replace(tag, timestamp_ms=0) for tag in CLIP] * 20)


BEHAVIOURS = (
    without_keyframes,
    back_in_time,
    hours_ahead,
    other_resolution,
    other_codec,
    empty_samples,
    a_minute_between_keyframes,
    noise,
    no_end_of_metadata,
)


@pytest.mark.parametrize("misbehave", BEHAVIOURS, ids=lambda each: each.__name__)
async def test_a_publisher_that_misbehaves_harms_only_itself(
    tmp_path: Path, misbehave: Callable[[PublishClient], None]
) -> None:
    async with garden(tmp_path) as place:
        client = await place.client()
        with contextlib.suppress(PublishFailed):
            misbehave(client)
        await place.goes_on()
        await place.goes_on()
        playlist = await place.playlist("garden/")
        if playlist is not None:
            assert all(round(segment.duration_s) <= playlist.target_duration for segment in playlist.segments)
            parts = [part.duration_s for segment in playlist.segments for part in segment.parts]
            assert playlist.part_target_s is not None
            assert max(parts, default=0) <= playlist.part_target_s
        client.abort()
        await place.goes_on()


async def test_a_change_of_resolution_is_a_discontinuity_with_its_own_init_segment(tmp_path: Path) -> None:
    async with garden(tmp_path) as place:
        client = await place.client()
        other_resolution(client)
        async with asyncio.timeout(20):
            while (playlist := await place.playlist("garden/")) is None or len(playlist.segments) < 4:
                await asyncio.sleep(0.05)
        maps = [segment.map_uri for segment in playlist.segments]
        assert len(set(maps)) >= 4
        assert sum(segment.discontinuity for segment in playlist.segments) >= 3
        await client.close()


Stranger = Callable[[str, int], Awaitable[None]]


async def says(host: str, port: int, words: bytes) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(words)
    with contextlib.suppress(ConnectionError):
        await asyncio.wait_for(reader.read(), 30)
    writer.close()


async def speaks_http(host: str, port: int) -> None:
    await says(host, port, b"GET / HTTP/1.1\r\nHost: node\r\n\r\n")


async def speaks_tls(host: str, port: int) -> None:
    await says(host, port, bytes.fromhex("1603010200010001fc0303") + bytes(500))


async def speaks_nonsense(host: str, port: int) -> None:
    await says(host, port, b"\xff" * 100_000)


async def shakes_hands_and_talks_nonsense(host: str, port: int) -> None:
    await says(host, port, b"\3" + bytes(1536) + bytes(1536) + b"\x3f" * 50_000)


async def sends_byte_by_byte(host: str, port: int) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for byte in b"\3" + bytes(40):
        writer.write(bytes([byte]))
        await asyncio.sleep(0.02)
    writer.close()
    assert not reader.at_eof()  # it is patient, within its limits


@pytest.mark.parametrize(
    "stranger",
    [speaks_http, speaks_tls, speaks_nonsense, shakes_hands_and_talks_nonsense, sends_byte_by_byte],
    ids=lambda each: each.__name__,
)
async def test_a_stranger_on_the_rtmp_port_is_sent_away(tmp_path: Path, stranger: Stranger) -> None:
    async with garden(tmp_path) as place:
        port = place.node.rtmp_port
        await stranger("127.0.0.1", port)
        await place.goes_on()


async def test_a_thousand_idle_connections_keep_nobody_from_watching(tmp_path: Path) -> None:
    async with garden(tmp_path) as place:
        port = place.node.rtmp_port
        idle = []
        for n in range(1_000):
            with contextlib.suppress(OSError):
                address = f"127.0.{n // 250 + 1}.{n % 250 + 1}"  # each from an address of its own
                idle.append(await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0)))
        assert len(idle) >= 900
        await place.goes_on()
        for _, writer in idle:
            writer.transport.abort()
        await place.goes_on()
