"""The public address as others see it: names, TLS, the clock, the web socket through the proxy, and the fediverse.

All requests go through the public URL, from this machine: what a firewall or a router does to others is not seen here.
"""

import asyncio
import base64
import json
import os
import socket
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

from fedistream.app.doctor.finding import Finding, fail, ok, warn

ASK_S = 10.0
MAX_ANSWER = 1 << 20
SKEW_WARN_S, SKEW_FAIL_S = 10.0, 300.0  # other servers refuse signatures that are some minutes old
SOON_DAYS = 14
PROXY = "See docs/operating/reverse-proxy.md"


class NoAnswer(Exception):
    """A request was not answered. The text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON, None if it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True, slots=True)
class Site:
    """The public address. `expected` is what its actor should be called, "" while federation is off."""

    url: str
    username: str = ""

    @property
    def secure(self) -> bool:
        return self.url.startswith("https:")

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or (443 if self.secure else 80)

    @property
    def authority(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def actor(self) -> str:
        return f"{self.url}/federation/user/{self.username}"


async def look(site: Site) -> list[Finding]:
    """Make all checks. Without a name or a connection there is one finding, since the others would say the same."""
    named = await _name(site)
    if named is not None:
        return [named]
    found = [await _certificate(site)] if site.secure else [_plain(site)]
    page = await _page(site)
    found += page
    if any(each.state == "fail" for each in page):
        return found
    found += [await _proxy(site), await _socket(site)]
    if not site.username:
        return [
            *found,
            warn("fediverse", "federation is off", "Switch it on with the admin page if you want followers"),
        ]
    return [*found, *await _fediverse(site)]


async def _name(site: Site) -> Finding | None:
    try:
        await asyncio.get_running_loop().getaddrinfo(site.host, site.port, type=socket.SOCK_STREAM)
    except OSError as error:
        text = f"{site.host} has no address: {error.strerror or error}"
        return fail("name", text, "Add the name to the DNS, or correct the public URL")
    return None


def _plain(site: Site) -> Finding:
    return warn("TLS", f"{site.url} is without TLS", f"Other servers accept https alone. {PROXY}")


async def _certificate(site: Site) -> Finding:
    try:
        async with asyncio.timeout(ASK_S):
            _, writer = await asyncio.open_connection(site.host, site.port, ssl=_context())
    except ssl.SSLCertVerificationError as error:
        return fail("TLS", f"the certificate of {site.host} is not accepted: {error.verify_message}", _RENEW)
    except (OSError, TimeoutError) as error:
        return fail(
            "TLS", f"no TLS at {site.authority}: {error or 'no answer in time'}", f"Is the proxy running? {PROXY}"
        )
    certificate = writer.get_extra_info("peercert") or {}
    writer.close()
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    days = (until - datetime.now(UTC)).days
    text = f"the certificate of {site.host} is valid until {until:%Y-%m-%d}"
    return warn("TLS", f"{text}, for {days} days", _RENEW) if days < SOON_DAYS else ok("TLS", text)


_RENEW = "Renew the certificate for this name, with its whole chain; certbot and Caddy do so by themselves"


async def _page(site: Site) -> list[Finding]:
    """Check that the node answers at its public address, and that the clocks agree."""
    part, began = "public address", time.time()
    try:
        answer = await ask(site, "GET", "/api/status")
    except NoAnswer as error:
        return [fail(part, f"{site.url} does not answer: {error}", f"Is the node running, and the proxy? {PROXY}")]
    status = answer.json()
    if answer.status != 200 or not isinstance(status, dict) or "online" not in status:
        text = f"{site.url}/api/status answers {answer.status}, and not as a node does"
        return [fail(part, text, f"The proxy has to pass every path to the node. {PROXY}")]
    return [ok(part, f"the node answers at {site.url}"), _clock(answer, (began + time.time()) / 2)]


def _clock(answer: Answer, now: float) -> Finding:
    try:
        there = parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return warn("clock", f"{PROXY.lower()}: the answer has no date", "The proxy must not remove the header Date")
    return judged_clock(there - now)


def judged_clock(ahead: float) -> Finding:
    """Judge the difference between another clock and this one, in seconds."""
    text = f"{abs(ahead):.0f} s from that of the public address"
    advice = "Set the clock by NTP: timedatectl set-ntp true"
    if abs(ahead) > SKEW_FAIL_S:
        return fail("clock", text, f"{advice}. Other servers refuse what is signed with a wrong time")
    return warn("clock", text, advice) if abs(ahead) > SKEW_WARN_S else ok("clock", text)


FORGED = "192.0.2.77"  # of a network for documentation


async def _proxy(site: Site) -> Finding:
    """Check what the node is told of its clients, with a header of our own as an attacker would send it."""
    part = "proxy headers"
    trust = f"Is the proxy's address in --trusted-proxies? {PROXY}"
    try:
        answer = await ask(site, "GET", "/seen-as", headers={"X-Forwarded-For": FORGED})
    except NoAnswer as error:
        return fail(part, f"no answer at /seen-as: {error}", PROXY)
    found = answer.json()
    if not isinstance(found, dict) or "scheme" not in found:
        return fail(part, f"/seen-as answers {answer.status}", f"The proxy has to pass every path to the node. {PROXY}")
    if found.get("address") == FORGED:
        advice = "The proxy must set X-Forwarded-For, and not pass on what clients send"
        return fail(part, "clients can choose the address that the node sees", f"{advice}. {PROXY}")
    if site.secure and found["scheme"] != "https":
        return fail(part, f"the node takes {site.url} for {found['scheme']}", f"Send X-Forwarded-Proto. {trust}")
    if not site.secure and found["scheme"] == "https":
        return warn(part, f"the node takes {site.url} for https", "Correct the public URL, or X-Forwarded-Proto")
    return ok(part, f"the node sees this machine as {found.get('address')}, by {found['scheme']}")


async def _socket(site: Site) -> Finding:
    """Check that the upgrade to a web socket comes through. The token is none, so the node closes it at once."""
    key = base64.b64encode(os.urandom(16)).decode()
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"}
    part = "web socket"
    advice = f"The proxy has to pass Upgrade and Connection for /ws. {PROXY}"
    try:
        answer = await ask(site, "GET", "/ws?accessToken=doctor", headers=headers)
    except NoAnswer as error:
        return fail(part, f"no answer at /ws: {error}", advice)
    if answer.status in (101, 401, 403):
        return ok(part, "the chat is reached through the public address")
    return fail(part, f"/ws answers {answer.status}", advice)


async def _fediverse(site: Site) -> list[Finding]:
    account = f"acct:{site.username}@{site.authority}"
    return [
        await _expect(site, "WebFinger", f"/.well-known/webfinger?resource={quote(account)}", site.actor),
        await _expect(site, "NodeInfo", "/.well-known/nodeinfo", f"{site.url}/nodeinfo/"),
        await _expect(site, "actor", f"/federation/user/{quote(site.username)}", site.actor),
        await _inbox(site),
    ]


async def _expect(site: Site, part: str, path: str, wanted: str) -> Finding:
    """Check that a document is served and that it names a URL."""
    try:
        answer = await ask(site, "GET", path, headers={"Accept": "application/activity+json, application/json"})
    except NoAnswer as error:
        return fail(part, f"no answer at {path}: {error}", f"The proxy has to pass it to the node. {PROXY}")
    if answer.status != 200:
        return fail(part, f"{path} answers {answer.status}", f"The proxy has to pass it to the node. {PROXY}")
    if wanted not in json.dumps(answer.json()):
        text = f"{path} does not name {wanted}"
        return fail(
            part, text, "Another server answers there, or the public URL differs from the node's: see node.public_url"
        )
    return ok(part, f"{site.url}{path.partition('?')[0]}")


async def _inbox(site: Site) -> Finding:
    """Check that a POST arrives: without a signature the node refuses it, in its own words."""
    path, part = f"/federation/user/{quote(site.username)}/inbox", "inbox"
    try:
        answer = await ask(site, "POST", path, headers={"Content-Type": "application/activity+json"}, body=b"{}")
    except NoAnswer as error:
        return fail(part, f"no answer at {path}: {error}", PROXY)
    if answer.status in (400, 401, 403):
        return ok(part, "what other servers send arrives")
    return fail(part, f"{path} answers {answer.status} to a POST", f"The proxy has to pass POST to the node. {PROXY}")


def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


async def ask(
    site: Site, method: str, path: str, *, headers: dict[str, str] | None = None, body: bytes = b""
) -> Answer:
    """Send one request over a connection of its own; redirects are not followed. Raises NoAnswer."""
    try:
        async with asyncio.timeout(ASK_S):
            return await _asked(site, method, path, headers or {}, body)
    except ssl.SSLCertVerificationError as error:
        raise NoAnswer(f"the certificate is not accepted ({error.verify_message})") from error
    except TimeoutError as error:
        raise NoAnswer(f"nothing within {ASK_S:g} s") from error
    except (OSError, ValueError, EOFError) as error:
        raise NoAnswer(str(error) or "the connection was closed") from error


async def _asked(site: Site, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
    context = _context() if site.secure else None
    reader, writer = await asyncio.open_connection(site.host, site.port, ssl=context, limit=MAX_ANSWER)
    try:
        given = {"Host": site.authority, "User-Agent": "fedistream doctor", "Connection": "close", **headers}
        if body:
            given["Content-Length"] = str(len(body))
        text = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        writer.write(f"{method} {path} HTTP/1.1\r\n{text}\r\n".encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split()[1])
        named = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        found = b"" if status == 101 else await _body(reader, named)
        return Answer(status, named, found)
    except (IndexError, asyncio.LimitOverrunError) as error:
        raise NoAnswer("the answer is not HTTP") from error
    finally:
        writer.close()


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        found = b""
        while (size := int((await reader.readline()).split(b";")[0], 16)) and len(found) + size <= MAX_ANSWER:
            found += await reader.readexactly(size)
            await reader.readline()
        return found
    length = headers.get("content-length", "")
    return await reader.readexactly(min(int(length), MAX_ANSWER)) if length.isdigit() else await reader.read(MAX_ANSWER)
