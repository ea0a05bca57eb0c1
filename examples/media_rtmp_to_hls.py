"""An RTMP server whose stream is played as low-latency HLS: `python examples/media_rtmp_to_hls.py [PORTS]`.

Publish with OBS to rtmp://127.0.0.1:1935/live and the stream key `example`; play http://127.0.0.1:8080/stream.m3u8.
"""

import asyncio
import sys
import time
from urllib.parse import parse_qs

from media import Hub, Ingest
from media.package import PLAYLIST, NotFound, PackagerConfig, Presentation, Stalled, TooFarAhead
from media.rtmp import BAD_NAME, Connection, Publication, PublishRequest, Refused, RtmpServer


class Station:
    """One stream: a publish handler for RTMP on one side, a web server on the other."""

    presentation: Presentation | None = None

    async def authorize(self, request: PublishRequest, connection: Connection) -> Publication:
        if request.name != "example":
            raise Refused(BAD_NAME, "There is no such stream key.")
        return Ingest(self.begin)

    def begin(self) -> tuple[Hub, int]:
        """The first keyframe is there: offer a new presentation. Returns the sink, and where its time begins."""
        token, hub = f"{time.time_ns():x}", Hub()
        self.presentation = Presentation(token, PackagerConfig(), first=0, wall_ms=lambda: time.time_ns() // 1_000_000)
        hub.tap(self.presentation.source)
        return hub, 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one GET request, as HTTP/1.0 does."""
        target = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        path, _, query = target.removeprefix("/").partition("?")
        try:
            status, body = "200 OK", await self.answer(path, parse_qs(query))
        except (NotFound, Stalled, TooFarAhead) as error:
            status, body = "404 Not Found", type(error).__name__.encode()
        head = f"HTTP/1.0 {status}\r\nContent-Length: {len(body)}\r\nAccess-Control-Allow-Origin: *\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    async def answer(self, path: str, query: dict[str, list[str]]) -> bytes:
        if self.presentation is None:
            raise NotFound
        if path == PLAYLIST:
            return (await self.presentation.multivariant()).plain
        folder, _, name = path.partition("/")
        packager = self.presentation.packager(folder)
        if name != PLAYLIST:
            return await packager.media(name)
        number, part = (int(query[key][0]) if key in query else None for key in ("_HLS_msn", "_HLS_part"))
        return (await packager.playlist(number, part, skip="_HLS_skip" in query)).plain


async def main(rtmp_port: int, http_port: int) -> None:
    station = Station()
    rtmp_port = await RtmpServer(station).listen("127.0.0.1", rtmp_port)
    web = await asyncio.start_server(station.serve, "127.0.0.1", http_port)
    http_port = web.sockets[0].getsockname()[1]
    print(f"rtmp://127.0.0.1:{rtmp_port}/live/example http://127.0.0.1:{http_port}/{PLAYLIST}", flush=True)
    await web.serve_forever()


if __name__ == "__main__":
    ports = [int(word) for word in sys.argv[1:]] or [1935, 8080]
    asyncio.run(main(*ports))
