"""Players that are not ours: ffmpeg and PyAV ignore the low-latency tags and read the stream as plain HLS."""

import asyncio
import shutil
from itertools import pairwise
from pathlib import Path

import av
import pytest

from media import m3u8
from tests.kit.encoder import Encoder
from tests.kit.footage import Recipe
from tests.kit.livenode import LiveNode, live_node

CLIP = Recipe(seconds=4, size=(320, 180), gop=60)
BFRAMES = Recipe(seconds=4, size=(320, 180), gop=60, bframes=2)


async def listed(node: LiveNode, segments: int) -> m3u8.MediaPlaylist:
    """The media playlist, once it has that many finished segments."""
    async with asyncio.timeout(40):
        while True:
            answer = await node.http.get("/hls/0/stream.m3u8")
            if answer.status_code == 200:
                playlist = m3u8.parse(answer.text)
                assert isinstance(playlist, m3u8.MediaPlaylist)
                if len(playlist.segments) >= segments:
                    return playlist
            await asyncio.sleep(0.1)


def steps(times: list[float]) -> list[float]:
    return [round(after - before, 3) for before, after in pairwise(times)]


@pytest.mark.parametrize("clip", [CLIP, BFRAMES], ids=["plain", "with B-frames"])
async def test_libavs_demuxer_reads_every_frame_once_and_in_order(tmp_path: Path, clip: Recipe) -> None:
    async with live_node(tmp_path) as node:
        encoder = await Encoder.start(node.publish_url, clip)
        await listed(node, 3)
        await encoder.stop()
        await node.until("offline")

        def read() -> tuple[list[float], list[float]]:
            with av.open(f"{node.url}hls/stream.m3u8") as source:
                video, audio = source.streams.video[0], source.streams.audio[0]
                shown: list[float] = []
                heard: list[float] = []
                for packet in source.demux(video, audio):
                    if packet.pts is not None and packet.time_base is not None:
                        into = shown if packet.stream is video else heard
                        into.append(float(packet.pts * packet.time_base))
                return sorted(shown), heard

        shown, heard = await asyncio.to_thread(read)
        assert len(shown) == encoder.sent
        # the last frames may refer to ones that were not sent any more
        assert [gap for gap in steps(shown[:-3]) if not 0.025 < gap < 0.045] == []
        assert [gap for gap in steps(heard) if not 0.015 < gap < 0.03] == []


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed: its HLS demuxer was not tried")
async def test_ffmpeg_decodes_the_live_stream_without_complaint(tmp_path: Path) -> None:
    async with live_node(tmp_path) as node:
        encoder = await Encoder.start(node.publish_url, CLIP)
        await listed(node, 3)
        command = ["ffmpeg", "-v", "warning", "-t", "3", "-i", f"{node.url}hls/stream.m3u8", "-f", "null", "-"]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, stdout=pipe, stderr=pipe, stdin=asyncio.subprocess.DEVNULL
        )
        _, complaints = await asyncio.wait_for(process.communicate(), 60)
        await encoder.stop()
        assert process.returncode == 0
        assert complaints.decode() == ""


async def test_a_player_that_reloads_by_the_clock_gets_a_playlist_that_only_grows(tmp_path: Path) -> None:
    async with live_node(tmp_path) as node:
        encoder = await Encoder.start(node.publish_url, CLIP)
        first = await listed(node, 1)
        second = await listed(node, 3)
        await encoder.stop()
        assert second.media_sequence == first.media_sequence == 0
        assert [s.uri for s in second.segments][: len(first.segments)] == [s.uri for s in first.segments]
        for playlist in (first, second):
            assert all(round(segment.duration_s) <= playlist.target_duration for segment in playlist.segments)
            parts = [part for segment in playlist.segments for part in segment.parts]
            assert playlist.part_target_s is not None
            assert all(part.duration_s <= playlist.part_target_s for part in parts)
