"""Other people's clients publish to our server, and our client to other people's server."""

import asyncio
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from media import flv
from media.errors import Unplayable
from media.rtmp import EndReason, client
from media.rtmp.session import BAD_NAME, REJECTED, Audio, Metadata, Video
from tests.kit.certificates import server_context
from tests.kit.footage import Recipe, flv_tags
from tests.kit.rtmp import KEY
from tests.kit.rtmp_server import PATIENCE_S, Listening, RecordedPublication, RecordingHandler, listening, until

ROOT = Path(__file__).parents[3]
NGINX_RTMP = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")

needs_ffmpeg = pytest.mark.skipif(
    shutil.which("ffmpeg") is None, reason="ffmpeg is not installed: publishing with it is not tested"
)
needs_nginx = pytest.mark.skipif(
    shutil.which("nginx") is None or not NGINX_RTMP.exists(),
    reason="nginx or its rtmp module (Debian: libnginx-mod-rtmp) is not installed: publishing to it is not tested",
)


async def run(*command: str) -> tuple[int, str]:
    """A program's exit code and what it complained about."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        async with asyncio.timeout(3 * PATIENCE_S):
            _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, said.decode(errors="replace")


async def ffmpeg(url: str, *options: str, codec: str = "libx264", seconds: int = 1) -> tuple[int, str]:
    picture = ("-f", "lavfi", "-i", f"testsrc2=s=160x90:r=15:d={seconds}")
    tone = ("-f", "lavfi", "-i", f"sine=r=48000:d={seconds}")
    video = ("-c:v", codec, "-g", "15", "-pix_fmt", "yuv420p", "-threads", "1")
    start = ("ffmpeg", "-hide_banner", "-loglevel", "error", "-re")
    return await run(*start, *picture, *tone, *video, "-c:a", "aac", *options, "-f", "flv", url)


async def libav(url: str, *options: str) -> tuple[int, str]:
    return await run(sys.executable, "-m", "tests.kit.libav_publisher", url, *options)


def check_tape(publication: RecordedPublication, frames: int = 15) -> None:
    """A whole stream: metadata, both configurations first, a keyframe, times that grow."""
    (values,) = publication.values
    assert (values["width"], values["height"]) == (160.0, 90.0)
    video = [flv.parse_video(frame.payload) for frame in publication.frames if isinstance(frame, Video)]
    audio = [flv.parse_audio(frame.payload) for frame in publication.frames if isinstance(frame, Audio)]
    assert [tag.packet for tag in video[:2]] == [flv.Packet.CONFIG, flv.Packet.FRAMES]
    assert video[1].key
    assert {tag.codec for tag in video} == {flv.AVC}
    assert audio[0].packet is flv.Packet.CONFIG
    assert {tag.codec for tag in audio} == {flv.AAC}
    assert len([tag for tag in video if tag.packet is flv.Packet.FRAMES and tag.data]) == frames
    assert len(audio) > 40
    for kind in (Video, Audio):
        times = [frame.timestamp_ms for frame in publication.frames if isinstance(frame, kind)]
        assert times == sorted(times)
        assert 800 < times[-1] < 1200


async def check_publish(node: Listening, handler: RecordingHandler, outcome: tuple[int, str]) -> None:
    assert outcome[0] == 0, outcome[1]
    (publication,) = handler.tapes
    assert await publication.end() is EndReason.FINISHED
    assert "Lavf" in publication.request.flash_ver
    check_tape(publication)
    assert not node.server.refused


@needs_ffmpeg
async def test_ffmpeg_publishes() -> None:
    async with listening() as node:
        await check_publish(node, node.handler, await ffmpeg(node.url()))
        # it asks for the digest handshake and checks our proof
        assert node.handler.tapes[0].connection._session.digest


async def test_pyav_publishes() -> None:
    async with listening() as node:
        await check_publish(node, node.handler, await libav(node.url(f"{KEY}?token=x")))
        assert node.handler.requests[0].params == {"token": "x"}


async def test_pyav_publishes_with_the_key_at_the_end_of_the_path() -> None:
    async with listening() as node:
        outcome = await libav(node.url(), f"rtmp_app=live/{KEY}", "rtmp_playpath=")
        await check_publish(node, node.handler, outcome)
        assert (node.handler.requests[0].app, node.handler.requests[0].name) == ("live", KEY)


async def test_pyav_publishes_over_rtmps() -> None:
    async with listening() as node:
        port = await node.server.listen("127.0.0.1", 0, ssl=server_context())
        # libav of FFmpeg 9 asks who signed the certificate, and nobody did
        await check_publish(node, node.handler, await libav(f"rtmps://127.0.0.1:{port}/live/{KEY}", "tls_verify=0"))
        assert node.handler.requests[0].secure


@needs_ffmpeg
async def test_ffmpeg_shows_the_streamer_that_the_key_is_wrong() -> None:
    async with listening() as node:
        code, said = await ffmpeg(node.url("wrong"))
        assert code != 0
        assert "There is no such stream key." in said
        assert node.server.refused == {BAD_NAME: 1}


async def test_pyav_fails_with_a_wrong_key() -> None:
    async with listening() as node:
        code, _ = await libav(node.url("wrong"))
        assert code != 0
        assert node.server.refused == {BAD_NAME: 1}


@needs_ffmpeg
async def test_ffmpeg_shows_the_streamer_why_its_codec_is_refused() -> None:
    def refuse(_: int, payload: bytes) -> None:
        raise Unplayable(f"{flv.parse_video(payload).codec} cannot be played here, set H.264.")

    async with listening(RecordingHandler(on_frame=refuse)) as node:
        code, said = await ffmpeg(node.url(), codec="flv1", seconds=30)
        assert code != 0
        assert "Sorenson H.263 cannot be played here, set H.264." in said
        assert node.server.refused == {REJECTED: 1}
        assert await node.handler.tapes[0].end() is EndReason.CLOSED


@needs_ffmpeg
async def test_ffmpeg_shows_why_the_node_ended_its_stream() -> None:
    async with listening() as node:
        running = asyncio.ensure_future(ffmpeg(node.url(), seconds=30))
        await node.handler.asked.wait()
        await until(lambda: node.handler.tapes)
        await node.handler.tapes[0].until(lambda publication: len(publication.frames) > 5)
        node.handler.tapes[0].connection.close("Another encoder took over.")
        code, said = await running
        assert code != 0
        assert "Another encoder took over." in said


CONFIGURATION = """
load_module {module};
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log notice;
events {{ worker_connections 64; }}
rtmp {{
    server {{
        listen 127.0.0.1:{port};
        chunk_size 4096;
        application live {{
            live on;
            record all;
            record_path {folder};
            record_suffix .flv;
        }}
    }}
}}
"""


@asynccontextmanager
async def nginx(folder: Path) -> AsyncIterator[int]:
    """nginx-rtmp on a free port; it records what is published into the folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    user = "user root;" if os.geteuid() == 0 else ""
    path = folder / "nginx.conf"
    path.write_text(CONFIGURATION.format(module=NGINX_RTMP, user=user, folder=folder, port=port))
    process = await asyncio.create_subprocess_exec(
        "nginx", "-p", str(folder), "-c", str(path), "-g", "daemon off;", stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            while process.returncode is None:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    await writer.wait_closed()
                    break
                await asyncio.sleep(0.05)
        assert process.returncode is None, (folder / "error.log").read_text()
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def frames(tags: Iterable[flv.Tag]) -> list[flv.Tag]:
    """Return the tags without metadata and configurations, which nginx-rtmp writes in its own way."""
    return [tag for tag in tags if tag.kind is not flv.TagKind.SCRIPT and tag.payload[1]]


def recorded(path: Path) -> list[flv.Tag]:
    """The frames of a recording; none while it is being written."""
    with suppress(OSError, flv.BadTag):
        return frames(flv.read_tags(path.read_bytes()))
    return []


@needs_nginx
async def test_we_publish_to_nginx_rtmp(tmp_path: Path) -> None:
    tags = flv_tags(Recipe(seconds=1))
    wanted = frames(tags)
    async with nginx(tmp_path) as port:
        encoder = await client.connect(f"rtmp://127.0.0.1:{port}/live/{KEY}")
        encoder.send(Metadata({"width": 320.0, "height": 180.0}))
        for tag in tags:
            if tag.kind is not flv.TagKind.SCRIPT:
                kind = Video if tag.kind is flv.TagKind.VIDEO else Audio
                encoder.send(kind(tag.timestamp_ms, tag.payload))
        await encoder.close()
        assert await encoder.wait_closed() is None
        await until(lambda: len(recorded(tmp_path / f"{KEY}.flv")) >= len(wanted))
    assert recorded(tmp_path / f"{KEY}.flv") == wanted


@needs_nginx
async def test_nginx_rtmp_refuses_a_second_publisher_and_we_say_so(tmp_path: Path) -> None:
    async with nginx(tmp_path) as port:
        url = f"rtmp://127.0.0.1:{port}/live/{KEY}"
        first = await client.connect(url)
        with pytest.raises(client.PublishFailed) as caught:
            await client.connect(url)
        assert caught.value.code == BAD_NAME
        await first.close()
