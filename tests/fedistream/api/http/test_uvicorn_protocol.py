"""Our HTTP/1.1 protocol on the pinned uvicorn: what it takes, what it refuses, and when it hangs up."""

import asyncio
import inspect
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from fedistream.api.http.uvicorn_protocol import MAX_FIELDS, MAX_HEAD, MAX_PIPELINED, MAX_TARGET, Http1Protocol
from tests.kit.rawhttp import RawClient, raw_client, refused
from tests.kit.webserver import serving

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
WEBSOCKET = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)


@dataclass(slots=True)
class Echo:
    """Reads a request to its end, keeps it, and answers with the path and the length of the body. /hold waits, /deaf
    does not read, and /flood says more than fits."""

    scopes: list[Scope] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        self.scopes.append(scope)
        body = b""
        while scope["path"] != "/deaf":
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.bodies.append(body)
        if scope["path"] == "/hold":
            await self.go.wait()
        said = f"{scope['path']} {len(body)}".encode()
        if scope["path"] == "/flood":
            said = bytes(64 << 20)
        headers = [(b"content-length", str(len(said)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": said})


class Hasty(Http1Protocol):
    head_s = 0.3
    write_s = 0.3
    linger_s = 0.3


def fields(count: int) -> bytes:
    """Return `count` header fields, including the Host."""
    return b"Host: x\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(count - 1))


def head_of(size: int) -> bytes:
    """A head with so many bytes in its address and fields, each counted with its colon, blank and line end."""
    rest = size - len(b"/") - len(b"Host: x\r\n") - len(b"A: \r\n")
    return b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * rest + b"\r\n\r\n"


def test_the_parts_of_uvicorn_that_are_reached_into_are_there() -> None:
    methods = (
        "connection_made",
        "connection_lost",
        "data_received",
        "handle_websocket_upgrade",
        "_should_upgrade",
        "_unsupported_upgrade_warning",
        "_unset_keepalive_if_required",
        "on_message_begin",
        "on_headers_complete",
        "on_body",
        "on_message_complete",
        "on_response_complete",
        "pause_writing",
    )
    assert all(name in vars(HttpToolsProtocol) for name in methods)
    made = inspect.getsource(HttpToolsProtocol.__init__)
    for name in ("parser", "pipeline", "flow", "headers", "cycle", "server_state", "client"):
        assert f"self.{name}" in made
    cycle = inspect.getsource(RequestResponseCycle.__init__)
    for name in ("disconnected", "message_event", "keep_alive", "response_started", "response_complete", "on_response"):
        assert f"self.{name}" in cycle
    # what is done at once there must not be done at other times
    assert "self.on_response()" in inspect.getsource(RequestResponseCycle.send)
    assert "flow.resume_reading()" in inspect.getsource(RequestResponseCycle.receive)


@pytest.mark.parametrize("size", [1, 7, 10_000], ids=["bytes", "sevens", "whole"])
async def test_requests_are_read_however_they_are_cut(size: int) -> None:
    app = Echo()
    requests = (
        GET
        + POST
        + b"Content-Length: 5\r\n\r\nhello"
        + CHUNKED
        + b"3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n"
        + b"GET /a%20b?c=d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    async with serving(app) as port, raw_client(port) as client:
        await client.send(*(requests[at : at + size] for at in range(0, len(requests), size)))
        said = [(await client.answer()).body for _ in range(4)]
        assert said == [b"/ 0", b"/ 5", b"/ 5", b"/a b 0"]
        assert await client.closed()
    assert app.bodies == [b"", b"hello", b"abcde", b""]
    assert app.scopes[3]["query_string"] == b"c=d"


async def test_a_head_may_have_64_kb_and_100_fields_and_not_one_more() -> None:
    async with serving(Echo()) as port:
        for good in (head_of(MAX_HEAD), b"GET / HTTP/1.1\r\n" + fields(MAX_FIELDS) + b"\r\n"):
            async with raw_client(port) as client:
                assert (await client.request(good)).status == 200
        assert await refused(port, head_of(MAX_HEAD + 1)) == 431
        assert await refused(port, b"GET / HTTP/1.1\r\n" + fields(MAX_FIELDS + 1) + b"\r\n") == 431
        assert await refused(port, b"GET /%b HTTP/1.1\r\nHost: x\r\n\r\n" % (b"a" * MAX_TARGET)) == 414


ENDLESS = {
    "one-field": (b"GET / HTTP/1.1\r\nHost: x\r\nA: ", b"a" * 65536, 431),
    "one-field-name": (b"GET / HTTP/1.1\r\nHost: x\r\n", b"a" * 65536, 431),
    "fields": (b"GET / HTTP/1.1\r\nHost: x\r\n", b"A: b\r\n" * 10_000, 431),
    "address": (b"GET /", b"a" * 65536, 414),
    "query": (b"GET /?", b"a&" * 32768, 414),
    "line-ends": (GET, b"\r\n" * 32768, 400),
    "trailers": (CHUNKED + b"1\r\na\r\n0\r\n", b"A: b\r\n" * 10_000, 431),
    "one-trailer": (CHUNKED + b"1\r\na\r\n0\r\nA: ", b"a" * 65536, 431),
    "chunk-extension": (CHUNKED + b"1;", b"a" * 65536, 413),
    "chunks-of-one-byte": (CHUNKED, b"1\r\na\r\n" * 10_000, 413),
}


@pytest.mark.parametrize("kind", ENDLESS)
async def test_what_does_not_end_is_refused(kind: str) -> None:
    start, more, status = ENDLESS[kind]
    async with serving(Echo()) as port, raw_client(port) as client:
        await client.send(start)
        if kind == "line-ends":
            assert (await client.answer()).status == 200
        answered = asyncio.create_task(client.answer())
        while not answered.done():
            await client.send(more)
        answer = await answered
        assert (answer.status, answer.headers["connection"]) == (status, "close")
        assert await client.closed()


async def test_chunks_of_64_bytes_may_go_on() -> None:
    app = Echo()
    async with serving(app) as port, raw_client(port) as client:
        answer = await client.request(CHUNKED + (b"40\r\n" + b"a" * 64 + b"\r\n") * 16384 + b"0\r\n\r\n")
    assert answer.body == b"/ 1048576"


async def test_trailers_do_not_become_headers() -> None:
    app = Echo()
    async with serving(app) as port, raw_client(port) as client:
        answer = await client.request(CHUNKED + b"1\r\na\r\n0\r\nAuthorization: Basic x\r\nHost: evil\r\n\r\n")
        assert answer.status == 200
    assert [name for name, _ in app.scopes[0]["headers"]] == [b"host", b"transfer-encoding"]


HOSTS = {
    b"Host: x": 200,
    b"Host: example.org:8080": 200,
    b"Host: [::1]:80": 200,
    b"Host: m\xc3\xbcller.example": 400,
    b"Host: a b": 400,
    b"Host: a/b": 400,
    b"Host: a@b": 400,
    b"Host: x:y": 400,
    b"Host:": 400,
    b"Host: x\r\nHost: x": 400,
    b"X-Host: x": 400,
}


@pytest.mark.parametrize("line", HOSTS)
async def test_a_request_has_one_host(line: bytes) -> None:
    async with serving(Echo()) as port, raw_client(port) as client:
        assert (await client.request(b"GET / HTTP/1.1\r\n" + line + b"\r\n\r\n")).status == HOSTS[line]


async def test_http_1_0_needs_no_host_and_has_no_chunks() -> None:
    async with serving(Echo()) as port:
        async with raw_client(port) as client:
            assert (await client.request(b"GET / HTTP/1.0\r\n\r\n")).status == 200
        assert await refused(port, b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400


async def test_an_address_in_absolute_form_brings_its_own_host() -> None:
    app = Echo()
    async with serving(app) as port, raw_client(port) as client:
        one = await client.request(b"GET http://example.org:81/p?q=1 HTTP/1.1\r\nHost: other\r\n\r\n")
        assert one.body == b"/p 0"
        assert (await client.request(b"GET http://example.org HTTP/1.1\r\nHost: other\r\n\r\n")).body == b"/ 0"
    assert [scope["headers"][0] for scope in app.scopes] == [(b"host", b"example.org:81"), (b"host", b"example.org")]
    assert app.scopes[0]["query_string"] == b"q=1"


MALFORMED = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"FOO / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://u:p@x/ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\nHost: x\n\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    POST + b"Content-Length: -1\r\n\r\n",
    POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    POST + b"Transfer-Encoding: gzip\r\n\r\n",
    CHUNKED + b"zz\r\n",
    POST + b"Upgrade: h2c\r\nConnection: Upgrade\r\nTransfer-Encoding: chunked\r\n\r\n",
)


async def test_malformed_requests_are_answered_and_told_to_the_log_once(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(Echo()) as port:
        for request in MALFORMED * 3:
            assert await refused(port, request) == 400, request
    told = [record.getMessage() for record in caplog.records if record.levelno > logging.INFO]
    assert len(told) == 1
    assert told[0].startswith("malformed requests: 1 refused, the last from 127.0.0.1: ")


async def test_a_head_that_is_not_finished_in_time_gets_408() -> None:
    async with serving(Echo(), http=Hasty) as port:
        assert await refused(port, b"GET / HT") == 408
        async with raw_client(port) as silent:
            assert await silent.closed()
        async with raw_client(port) as client:  # the second head as well as the first
            assert (await client.request(GET)).status == 200
            assert (await client.request(b"GET / HTTP/1.1\r\nHo")).status == 408
            assert await client.closed()


async def test_a_trickle_does_not_lengthen_the_time_for_a_head() -> None:
    async with serving(Echo(), http=Hasty) as port, raw_client(port) as client:
        began = asyncio.get_running_loop().time()
        answered = asyncio.create_task(client.answer())
        await client.send(b"GET /")
        while not answered.done() and asyncio.get_running_loop().time() < began + 15:
            await client.send(b"a")
            await asyncio.sleep(0.02)
        assert (await answered).status == 408


async def test_a_client_that_reads_nothing_of_an_answer_is_disconnected() -> None:
    async with serving(Echo(), http=Hasty) as port, raw_client(port) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(b"GET /flood HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(20):
            while not client.writer.transport.is_closing():
                await client.send(b"GET / HTTP/1.1\r\n")
                await asyncio.sleep(0.05)


async def test_a_client_that_reads_an_answer_slowly_is_served() -> None:
    async with serving(Echo(), http=Hasty) as port, raw_client(port) as client:
        await client.send(b"GET /flood HTTP/1.1\r\nHost: x\r\n\r\n")
        await client.answer(head_only=True)
        taken = 0
        while taken < 64 << 20:
            taken += len(await client.reader.readexactly(4 << 20))
            await asyncio.sleep(0.06)
        assert (await client.request(GET)).status == 200


async def test_an_answer_before_the_body_has_come_ends_the_connection() -> None:
    async with serving(Echo(), http=Hasty) as port, raw_client(port) as client:
        answer = await client.request(b"POST /deaf HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")
        assert answer.body == b"/deaf 0"
        assert await client.closed()


async def test_pipelined_requests_are_answered_in_their_order() -> None:
    async with serving(Echo()) as port, raw_client(port) as client:
        await client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(MAX_PIPELINED)))
        assert [(await client.answer()).body for _ in range(MAX_PIPELINED)] == [
            b"/%d 0" % number for number in range(MAX_PIPELINED)
        ]
        assert (await client.request(GET)).status == 200


async def _until_scopes(app: Echo, count: int) -> None:
    async with asyncio.timeout(20):
        while len(app.scopes) < count:
            await asyncio.sleep(0.01)


async def test_a_blank_line_behind_a_request_does_not_cut_its_answer() -> None:
    """RFC 9112, 2.2: some clients send one behind a body."""
    app = Echo()
    async with serving(app, http=Hasty) as port, raw_client(port) as client:
        await client.send(POST.replace(b"/", b"/hold", 1) + b"Content-Length: 1\r\n\r\na")
        await _until_scopes(app, 1)
        await client.send(b"\r\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.reader.read(1), 4 * Hasty.head_s)
        app.go.set()
        assert (await client.answer()).body == b"/hold 1"
        assert (await client.request(GET)).status == 200


@pytest.mark.parametrize("behind", [GET * 5000, b"nonsense\r\n\r\n", WEBSOCKET + b"\r\n", b"GET /" + b"a" * 100_000])
async def test_what_comes_behind_a_request_does_not_get_into_its_answer(behind: bytes) -> None:
    app = Echo()
    async with serving(app) as port, raw_client(port) as client:
        await client.send(b"GET /hold HTTP/1.1\r\nHost: x\r\n\r\n" + behind)
        await _until_scopes(app, 1)
        app.go.set()
        assert (await client.answer()).body == b"/hold 0"
        answered = await _rest(client)
        assert answered in (MAX_PIPELINED, 0)
        assert len(app.scopes) == 1 + answered


async def _rest(client: RawClient) -> int:
    """Return how many more answers come before the end."""
    count = 0
    try:
        while (await client.answer()).status == 200:
            count += 1
    except (asyncio.IncompleteReadError, ConnectionError):
        return count
    raise AssertionError("an error came behind an answer")


@pytest.mark.parametrize("size", [1, 10_000], ids=["bytes", "whole"])
async def test_an_upgrade_that_is_not_taken_leaves_the_request_and_its_body(size: int) -> None:
    """Java's HttpClient asks so of every server."""
    head = b"Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAEAAEAA\r\nUpgrade: h2c\r\n"
    request = POST + head + b"Content-Length: 5\r\n\r\nhello" + b"GET / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n" + GET
    app = Echo()
    async with serving(app) as port, raw_client(port) as client:
        await client.send(*(request[at : at + size] for at in range(0, len(request), size)))
        assert [(await client.answer()).body for _ in range(3)] == [b"/ 5", b"/ 0", b"/ 0"]
    assert app.bodies == [b"hello", b"", b""]


BAD_HANDSHAKES: Sequence[bytes] = (
    b"Content-Length: 5\r\n",
    b"Cookie: " + b"a" * 20_000 + b"\r\n",
    b"Sec-WebSocket-Key: twice\r\n",
    b"Sec-WebSocket-Extensions: ;;;\r\n",
    b"Upgrade: websocket\r\n",
)


@pytest.mark.parametrize("line", BAD_HANDSHAKES, ids=range(len(BAD_HANDSHAKES)))
async def test_a_bad_handshake_of_a_websocket_is_refused_without_a_word(
    line: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    app = Echo()
    async with serving(app) as port, raw_client(port) as client:
        assert (await client.request(WEBSOCKET + line + b"\r\n")).status in (400, 403, 426)
        assert await client.closed()
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


async def test_a_broken_body_is_answered_while_the_application_reads_it() -> None:
    app = Echo()
    async with serving(app) as port, raw_client(port) as client:
        await client.send(CHUNKED + b"1\r\na\r\n")
        await _until_scopes(app, 1)
        assert (await client.request(b"zz\r\n")).status == 400
        assert await client.closed()
    assert app.bodies == []
