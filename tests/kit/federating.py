"""A whole node with federation on and its worker running, reached over http, or over https with a private authority."""

import asyncio
import os
import socket
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from tests.kit.asking import basic
from tests.kit.certificates import Authority
from tests.kit.livenode import PASSWORD, LiveNode, live_node
from tests.kit.nodeprocess import started
from tests.kit.relay import relay

RIGHT = basic(PASSWORD)
PATIENCE_S = 60
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FederatedNode:
    """`origin` is where others reach the node, `us` the actor of its home channel; `http` goes to it directly."""

    http: httpx2.AsyncClient
    origin: str
    folder: Path
    live: LiveNode | None = None

    @property
    def node(self) -> LiveNode:
        """The node itself, where it runs in this process."""
        assert self.live is not None
        return self.live

    @property
    def authority(self) -> str:
        return self.origin.partition("://")[2]

    @property
    def us(self) -> str:
        return f"{self.origin}/federation/user/streamer"

    @property
    def counts(self) -> Mapping[str, int]:
        """Return the number of each answer of the inboxes."""
        return self.node.node.features.federation.federation.counts

    async def change(self, name: str, value: object) -> None:
        """Change a setting, as the admin does."""
        await self.tell(f"config/{name}", value=value)

    async def tell(self, call: str, **body: object) -> Any:
        """POST to a call of the admin's API. Return the answer."""
        answer = await self.http.post(f"/api/admin/{call}", json=body, headers=RIGHT)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def ask(self, call: str) -> Any:
        answer = await self.http.get(f"/api/{call}", headers=RIGHT)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def links(self, call: str) -> list[str]:
        """Return the actors in a list of followers: "pending", "blocked", or "" for the accepted ones."""
        found = await self.ask(f"admin/followers/{call}" if call else "followers")
        return [each["link"] for each in (found if call else found["results"])]

    def rows(self) -> dict[str, int]:
        """Return the number of rows of each table, as another process sees it."""
        database = sqlite3.connect(f"file:{self.folder / 'fedistream.db'}?mode=ro", uri=True)
        try:
            names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608
        finally:
            database.close()


async def until(ask: Callable[[], Awaitable[T]], right: Callable[[T], object] = bool) -> T:
    """Ask until the answer is right."""
    async with asyncio.timeout(PATIENCE_S):
        while not right(answer := await ask()):
            await asyncio.sleep(0.05)
    return answer


@asynccontextmanager
async def federated_node(
    folder: Path, *, authority: Authority | None = None, port: int = 0, **options: object
) -> AsyncIterator[FederatedNode]:
    """Run a node with federation on in this process. It may reach 127.0.0.0/8, and trusts the authority."""
    port = port or free_port()
    async with _public(port, authority) as origin:
        given = {"port": port, "public_url": origin, "federation_allow": "127.0.0.1", **options}
        async with live_node(folder, **given) as node:
            made = FederatedNode(node.http, origin, folder, node)
            await made.change("federation/enable", True)
            yield made


@asynccontextmanager
async def node_process(folder: Path, *, authority: Authority | None = None) -> AsyncIterator[FederatedNode]:
    """Run such a node in a process of its own, so that two can run side by side."""
    port = free_port()
    async with _public(port, authority) as origin:
        flags = ("--public-url", origin, "--federation-allow", "127.0.0.1", "--admin-password", PASSWORD)
        async with (
            started(folder, *flags, port=port) as process,
            httpx2.AsyncClient(base_url=process.url, timeout=30) as http,
        ):
            made = FederatedNode(http, origin, folder)
            await made.change("federation/enable", True)
            yield made


@asynccontextmanager
async def _public(port: int, authority: Authority | None) -> AsyncIterator[str]:
    """Yield the public origin of `port`. With an authority it is behind TLS, and trusted meanwhile."""
    if authority is None:
        yield f"http://127.0.0.1:{port}"
        return
    async with relay(port, authority.server()) as public:
        with trusting(authority):
            yield f"https://127.0.0.1:{public}"


@contextmanager
def trusting(authority: Authority) -> Iterator[None]:
    """Set the variable by which a node and its children trust an authority, as an operator does."""
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(authority.trusted)
    try:
        yield
    finally:
        del os.environ["SSL_CERT_FILE"]
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before


def free_port() -> int:
    """A port that is free now: one that a node has to know before it listens, since its public URL has it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
