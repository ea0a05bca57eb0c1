"""Playlists, segments and parts over HTTP: a raw ASGI application in front of every middleware.

Raw, because each viewer asks three to six times a second; a middleware stack costs more than the answer. It answers
from memory only. Paths: `/hls/stream.m3u8`, `/hls/0/stream.m3u8`, `/hls/0/<file>` for the home channel, the same under
`/hls/<slug>/` for the others.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from fedistream.api.http.content_codings import choose
from fedistream.broadcasts.service import Broadcasts
from fedistream.channels.service import Channels
from fedistream.channels.values import Channel
from fedistream.core.errors import TooMany
from fedistream.metrics import cmcd
from fedistream.metrics.playback import PlaybackMetrics
from fedistream.metrics.structured_fields import NotStructured
from fedistream.metrics.values import SERVER
from fedistream.viewers.service import Viewers
from media.package import PLAYLIST, SOURCE, CachedPlaylist, NotFound, Stalled, TooFarAhead

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

PREFIX = "/hls/"
MAX_QUERY = 1024
CMCD_HEADERS = frozenset(name.encode() for name in cmcd.HEADERS)

CORS = (b"access-control-allow-origin", b"*")
FRESH = (b"cache-control", b"no-cache, no-store, must-revalidate")
# a file name is never used twice, see `FileNames`; an hour is longer than any player looks back
FOREVER = (b"cache-control", b"public, max-age=3600, immutable")
TYPES = {"m3u8": b"application/vnd.apple.mpegurl", "m4s": b"video/iso.segment", "mp4": b"video/mp4"}
PREFLIGHT: Headers = [
    CORS,
    (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
    (b"access-control-allow-headers", b"range, content-type, " + ", ".join(cmcd.HEADERS).encode()),
    (b"access-control-max-age", b"86400"),
]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Headers
    body: bytes = b""


def refuse(status: int, why: str, *more: tuple[bytes, bytes]) -> Answer:
    return Answer(status, [(b"content-type", b"text/plain; charset=utf-8"), CORS, FRESH, *more], why.encode())


@dataclass(frozen=True, slots=True)
class Question:
    """The query of a media playlist request (RFC 8216bis, 6.2.5.1)."""

    number: int | None = None
    part: int | None = None
    skip: bool = False


def parse_question(query: bytes) -> Question:
    """Raises ValueError. Unknown parameters are ignored, as the RFC wants of those without the `_HLS_` prefix."""
    if len(query) > MAX_QUERY:
        raise ValueError("the query is too long")
    asked = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=32))

    def index(name: str) -> int | None:
        text = asked.get(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 12):
            raise ValueError(f"{name} has to be a whole number")
        return int(text)

    number, part = index("_HLS_msn"), index("_HLS_part")
    if part is not None and number is None:
        raise ValueError("_HLS_part needs _HLS_msn")
    return Question(number, part, asked.get("_HLS_skip", "") in ("YES", "v2"))


class HlsFace:
    """The ASGI application for paths that begin with /hls/."""

    def __init__(self, channels: Channels, broadcasts: Broadcasts, viewers: Viewers, playback: PlaybackMetrics) -> None:
        self._channels, self._broadcasts, self._viewers, self._playback = channels, broadcasts, viewers, playback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        if method == "OPTIONS":
            answer = Answer(204, PREFLIGHT)
        elif method not in ("GET", "HEAD"):
            answer = refuse(405, "method not allowed", (b"allow", b"GET, HEAD, OPTIONS"))
        else:
            answer = await self._answer(scope)
        body = answer.body
        headers = [*answer.headers, (b"content-length", str(len(body)).encode())] if answer.status != 204 else PREFLIGHT
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})

    async def _answer(self, scope: Scope) -> Answer:
        channel, rest = self._channel(scope["path"].removeprefix(PREFIX))
        presentation = self._broadcasts.presentation(channel.id) if channel else None
        if channel is None or presentation is None:
            return refuse(404, "nothing is live here")
        try:
            match rest:
                case [file] if file == PLAYLIST:
                    self._see(channel, scope)
                    return self._text(await presentation.multivariant(), scope)
                case [rendition, file] if file == PLAYLIST and rendition in presentation.renditions:
                    self._see(channel, scope)
                    asked = parse_question(scope["query_string"])
                    packager = presentation.packager(rendition)
                    return self._text(await packager.playlist(asked.number, asked.part, skip=asked.skip), scope)
                case [rendition, file] if rendition in presentation.renditions:
                    body = await presentation.packager(rendition).media(file)
                    self._measure(channel, scope)
                    return Answer(200, [(b"content-type", TYPES[file[-3:]]), CORS, FOREVER], body)
                case _:
                    return refuse(404, "no such file")
        except NotFound:
            return refuse(404, "not there, or not there any more")
        except ValueError as error:
            return refuse(400, str(error))
        except TooFarAhead:
            return refuse(400, "that segment is too far ahead")
        except Stalled:
            return refuse(503, "nothing new arrived", (b"retry-after", b"1"))

    def _channel(self, path: str) -> tuple[Channel | None, list[str]]:
        parts = path.split("/")
        if len(parts) > 3:
            return None, []
        if parts[0] in (PLAYLIST, SOURCE):
            return self._channels.home(), parts
        channel = self._channels.by_slug(parts[0])
        if channel is None and len(parts) == 2 and parts[0].isdecimal():
            return self._channels.home(), parts  # a rendition beside the source
        return channel, parts[1:]

    def _see(self, channel: Channel, scope: Scope) -> None:
        if scope["method"] == "HEAD":
            return  # HEAD is used by monitors, proxies and link previews, and not by viewers
        client = scope.get("client")
        agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
        self._viewers.seen(channel.id, client[0] if client else "", agent[:512].decode("latin-1"))

    def _measure(self, channel: Channel, scope: Scope) -> None:
        """Take what a player says of itself with its request (CTA-5004, section 2). What cannot be read, or comes too
        fast, is left out: the video must not wait for it."""
        found = [value.decode("latin-1") for name, value in scope["headers"] if name in CMCD_HEADERS]
        query = scope["query_string"]
        if not found and b"CMCD=" in query and len(query) <= MAX_QUERY:
            found = [value for name, value in parse_qsl(query.decode("latin-1")) if name == "CMCD"]
        if not found or scope["method"] == "HEAD":
            return
        client = scope.get("client")
        address = client[0] if client else ""
        agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
        try:
            self._playback.acquire_media(address)
            report = replace(cmcd.from_texts(found), source=SERVER)
        except (NotStructured, TooMany):
            return
        self._playback.take(channel.id, address, agent[:512].decode("latin-1"), report)

    def _text(self, playlist: CachedPlaylist, scope: Scope) -> Answer:
        headers = [(b"content-type", TYPES["m3u8"]), CORS, FRESH, (b"vary", b"accept-encoding")]
        accepted = next((value for name, value in scope["headers"] if name == b"accept-encoding"), b"")
        if choose(accepted.decode("latin-1"), ("gzip",)) == "gzip":
            return Answer(200, [*headers, (b"content-encoding", b"gzip")], playlist.gzipped)
        return Answer(200, headers, playlist.plain)
