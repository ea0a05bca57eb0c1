import asyncio
import gzip
import socket
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from activitypub.network.guard import Blocked, Guard
from activitypub.network.http_client import HttpClient, HttpLimits
from activitypub.network.transport import ResponseTooLarge, Unreachable
from activitypub.signatures.request import Request, outgoing_request
from tests.kit.remote import client_for, json_response, make_certificate, remote


def ok(_: Request) -> web.Response:
    return json_response("{}")


async def test_a_request_arrives_as_it_was_composed() -> None:
    async with remote(ok) as far, client_for(far) as client:
        request = outgoing_request(
            "POST", f"{far.origin}/a%2Fb/../c?x=%20y&x=1", [("X-Thing", "1"), ("Content-Type", "x/y")], b"body"
        )
        answer = await client.send(request)
        assert (answer.status, answer.media_type, answer.body) == (200, "application/activity+json", b"{}")
        (asked,) = far.asked
        # the target is signed as it is spelled, so it must arrive so
        assert (asked.method, asked.target, asked.body) == ("POST", "/a%2Fb/../c?x=%20y&x=1", b"body")
        assert asked.header("host") == far.authority
        assert asked.header("x-thing") == "1"
        assert asked.header("user-agent") == "fedistream-test/1"
        assert asked.header("accept-encoding") == "identity"
        assert asked.header("accept") is asked.header("cookie") is None


async def test_cookies_are_not_kept() -> None:
    def answer(_: Request) -> web.Response:
        return web.Response(headers={"Set-Cookie": "a=b"})

    async with remote(answer) as far, client_for(far) as client:
        for _ in range(2):
            await client.send(outgoing_request("GET", far.origin))
        assert far.asked[1].header("cookie") is None


async def test_redirects_are_returned_and_not_followed() -> None:
    def answer(_: Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "https://127.0.0.1/"})

    async with remote(answer) as far, client_for(far) as client:
        assert (await client.send(outgoing_request("GET", far.origin))).headers["location"] == "https://127.0.0.1/"


async def test_of_a_header_that_comes_twice_the_first_counts() -> None:
    def answer(_: Request) -> web.Response:
        response = web.Response()
        response.headers.extend([("X-A", "1"), ("X-A", "2")])
        return response

    async with remote(answer) as far, client_for(far) as client:
        assert (await client.send(outgoing_request("GET", far.origin))).headers["x-a"] == "1"


FORMS = ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "0", "0.0.0.0", "localhost", "[::1]", "[::]"]
FORMS += [
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "169.254.169.254",
    "100.64.0.1",
    "10.0.0.1",
    "192.168.0.1",
    "[fd00::1]",
]
FORMS += ["[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[::127.0.0.1]", "224.0.0.1", "255.255.255.255"]


@pytest.mark.parametrize("host", FORMS)
async def test_every_spelling_of_an_address_that_is_not_public_is_refused_at_the_socket(host: str) -> None:
    async with HttpClient(Guard(), "x") as client:
        for port in ("", ":8443"):
            with pytest.raises(Blocked):
                await client.send(outgoing_request("GET", f"https://{host}{port}/"))


class Rebinding(asyncio.SelectorEventLoop):
    """A loop in which each look at a name gives the next of the answers, and nobody listens at any address; `tried` are
    those that were connected to."""

    def __init__(self, answers: list[list[str]]) -> None:
        super().__init__()
        self.answers = answers
        self.tried: set[str] = set()

    async def getaddrinfo(self, host: Any, port: Any, **how: Any) -> list[Any]:
        found = self.answers.pop(0)
        kinds = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in found]
        rest = [(address, port, 0, 0) if ":" in address else (address, port) for address in found]
        return [(kind, socket.SOCK_STREAM, 6, "", address) for kind, address in zip(kinds, rest, strict=True)]

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        self.tried.add(str(address[0]))
        raise ConnectionRefusedError(address)


async def ask(times: int) -> list[type[Exception]]:
    """Return the outcomes of so many requests to one name, which is looked up for each of them."""
    became: list[type[Exception]] = []
    for _ in range(times):
        async with HttpClient(Guard(), "x") as client:
            try:
                await client.send(outgoing_request("GET", "https://rebinding.example/"))
            except (Blocked, Unreachable) as error:
                became.append(type(error))
    return became


@pytest.mark.parametrize("private", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1"])
def test_a_name_that_is_private_when_it_is_looked_up_again_is_not_connected_to(private: str) -> None:
    """DNS rebinding: the name had a public address a moment ago."""
    answers = [["8.8.8.8"], [private], ["2606:4700:4700::1111"], ["8.8.8.8", private], [private, "8.8.8.8"]]
    loop = Rebinding(answers)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        became = runner.run(ask(len(answers)))
    assert (became[:3], len(became)) == ([Unreachable, Blocked, Unreachable], 5)
    # of two answers at once the public one may be tried, and the other never is
    assert (loop.tried, loop.answers) == ({"8.8.8.8", "2606:4700:4700::1111"}, [])


async def test_a_server_that_is_not_on_the_list_hears_nothing() -> None:
    async with remote(ok) as far, remote(ok) as listed, client_for(listed) as client:
        port = far.authority.partition(":")[2]
        for url in (far.origin, f"http://localhost:{port}/", f"https://127.0.0.1:{port}/"):
            with pytest.raises(Blocked):
                await client.send(outgoing_request("GET", url))
        assert (await client.send(outgoing_request("GET", listed.origin))).status == 200
        assert far.asked == []


async def test_a_response_that_is_too_large_is_cut_off_but_its_status_is_known() -> None:
    def answer(_: Request) -> web.Response:
        return json_response(b"x" * 3000, status=202)

    async with remote(answer) as far, client_for(far) as client:
        assert len((await client.send(outgoing_request("GET", far.origin), max_body=3000)).body) == 3000
        with pytest.raises(ResponseTooLarge) as caught:
            await client.send(outgoing_request("GET", far.origin), max_body=2999)
        assert (caught.value.response.status, caught.value.response.body) == (202, b"")
        assert caught.value.beginning == b"x" * 2999


async def test_a_response_without_end_is_cut_off() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
                await writer.drain()
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(endless, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    guard = Guard(frozenset({f"127.0.0.1:{port}"}))
    async with server, HttpClient(guard, "x", limits=HttpLimits(body=100_000)) as client:
        with pytest.raises(ResponseTooLarge):
            await client.send(outgoing_request("GET", f"http://127.0.0.1:{port}/"))


async def test_a_compressed_response_is_not_decompressed() -> None:
    def answer(_: Request) -> web.Response:
        return web.Response(body=gzip.compress(b"x" * 100_000), headers={"Content-Encoding": "gzip"})

    async with remote(answer) as far, client_for(far) as client:
        assert len((await client.send(outgoing_request("GET", far.origin))).body) < 1000


async def test_a_response_that_takes_too_long_is_given_up() -> None:
    hang = asyncio.Event()

    async def answer(_: Request) -> web.Response:
        await hang.wait()
        return web.Response()

    async with remote(answer) as far, client_for(far, limits=HttpLimits(total_s=0.2)) as client:
        with pytest.raises(Unreachable):
            await client.send(outgoing_request("GET", far.origin))
        hang.set()


async def test_a_port_where_nobody_listens_is_unreachable() -> None:
    async with remote(ok) as far:
        gone = far
    async with client_for(gone) as client:
        with pytest.raises(Unreachable):
            await client.send(outgoing_request("GET", gone.origin))


async def test_a_name_that_does_not_exist_is_unreachable() -> None:
    async with HttpClient(Guard(), "x") as client:
        with pytest.raises(Unreachable):
            await client.send(outgoing_request("GET", "https://does-not-exist.invalid/"))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
        b"HTTP/1.1 99 X\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 20_000,
    ],
)
async def test_a_response_that_is_no_http_is_unreachable(answer: bytes) -> None:
    async def broken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(broken, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, HttpClient(Guard(frozenset({f"127.0.0.1:{port}"})), "x") as client:
        with pytest.raises(Unreachable):
            await client.send(outgoing_request("GET", f"http://127.0.0.1:{port}/"))


async def test_a_certificate_that_nobody_trusts_is_unreachable(tmp_path: Path) -> None:
    context, _ = make_certificate(tmp_path)
    async with remote(ok, tls=context) as far, client_for(far) as client:
        with pytest.raises(Unreachable):
            await client.send(outgoing_request("GET", far.origin))
        assert far.asked == []


async def test_a_private_authority_is_trusted_by_ssl_cert_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, trusted = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with remote(ok, tls=context) as far, client_for(far) as client:
        assert (await client.send(outgoing_request("GET", far.origin))).status == 200


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with remote(ok) as far, remote(ok) as proxy:
        monkeypatch.setenv("http_proxy", proxy.origin)
        monkeypatch.setenv("HTTP_PROXY", proxy.origin)
        async with client_for(far) as client:
            await client.send(outgoing_request("GET", far.origin))
        assert (len(far.asked), len(proxy.asked)) == (1, 0)


async def test_connections_are_used_again() -> None:
    ports = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ports.add(writer.get_extra_info("peername")[1])
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, HttpClient(Guard(frozenset({f"127.0.0.1:{port}"})), "x") as client:
        for _ in range(5):
            assert (await client.send(outgoing_request("GET", f"http://127.0.0.1:{port}/"))).status == 202
    assert len(ports) == 1
