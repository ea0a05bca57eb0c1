"""A receiver of webhooks, real on a port: it keeps what comes, and answers as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.kit.asking import basic
from tests.kit.livenode import PASSWORD, LiveNode

ADMIN = basic(PASSWORD)
PATH = "/api/admin/webhooks"
WITHIN_S = 60

Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Received:
    """One request: `at` in the loop's time, when its body was read."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def type(self) -> str:
        return str(self.json["type"])

    @property
    def data(self) -> Any:
        return self.json["eventData"]


@dataclass
class Receiver:
    """`answer` is called for each request, after it was kept. `status` is answered without one."""

    port: int = 0
    status: int = 202
    answer: Answer | None = None
    received: list[Received] = field(default_factory=list)
    _runner: web.ServerRunner | None = None

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def open(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._runner = web.ServerRunner(web.Server(self._take), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Be down: connections are refused."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def of(self, kind: str, path: str = "/hook") -> list[Received]:
        """Return the requests of this type, each id once."""
        found = {each.headers["webhook-id"]: each for each in self.received if (each.type, each.path) == (kind, path)}
        return list(found.values())

    async def until(self, kind: str, count: int = 1, path: str = "/hook") -> list[Received]:
        """Wait for so many of this type."""
        async with asyncio.timeout(WITHIN_S):
            while len(found := self.of(kind, path)) < count:
                await asyncio.sleep(0.01)
        return found

    async def _take(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.path, headers, body, asyncio.get_running_loop().time()))
        if self.answer is not None:
            return await self.answer(request)
        return web.Response(status=self.status)


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    await made.open()
    try:
        yield made
    finally:
        await made.close()


async def call(node: LiveNode, path: str, **body: object) -> Any:
    """POST to one of the calls of webhooks, as the admin."""
    answer = await node.http.post(f"{PATH}/{path}", json=body, headers=ADMIN)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def subscribe(node: LiveNode, url: str, *events: str, **more: object) -> int:
    """The id of a new webhook."""
    return int((await call(node, "create", url=url, events=list(events), **more))["id"])


async def deliveries(node: LiveNode, **query: str | int) -> list[dict[str, Any]]:
    """The newest deliveries, the newest first."""
    answer = await node.http.get(f"{PATH}/deliveries", params={**query, "limit": 100}, headers=ADMIN)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found
