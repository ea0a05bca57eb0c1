import asyncio
from collections.abc import Mapping

import pytest
from starlette.applications import Starlette

from fedistream.api import ops
from fedistream.api.http.endpoints import routes
from fedistream.api.ops import Check, OpsServices
from tests.kit.asking import client
from tests.kit.routing import access


async def well() -> str | None:
    return None


async def port_taken() -> str | None:
    return "RTMP does not listen"


async def broken() -> str | None:
    raise OSError("/home/ann/data: a path that is nobody's business")


async def hanging() -> str | None:
    await asyncio.Future()
    return None


def application(checks: Mapping[str, Check]) -> Starlette:
    return Starlette(routes=routes(ops.ENDPOINTS, OpsServices(checks), access(), ops.RESPONDER))


async def test_a_living_process_says_so_even_when_it_is_not_ready() -> None:
    async with client(application({"ingest": port_taken})) as http:
        answer = await http.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_node_is_ready_when_every_check_passes() -> None:
    async with client(application({"database": well, "ingest": well})) as http:
        answer = await http.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "reasons": {}})


async def test_a_node_that_is_not_ready_says_why() -> None:
    async with client(application({"database": well, "ingest": port_taken})) as http:
        answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "reasons": {"ingest": "RTMP does not listen"}}


async def test_a_check_that_fails_tells_the_log_and_not_the_asker(caplog: pytest.LogCaptureFixture) -> None:
    async with client(application({"database": broken})) as http:
        answer = await http.get("/readyz")
    assert answer.json()["reasons"] == {"database": "failed"}
    assert "the readiness check database failed" in caplog.text


async def test_a_check_that_hangs_is_not_waited_for() -> None:
    assert await ops.outcome("database", hanging, 0.01) == "slow"


async def test_probes_are_for_reading() -> None:
    async with client(application({})) as http:
        assert (await http.head("/healthz")).status_code == 200
        answer = await http.post("/readyz")
    assert (answer.status_code, answer.text) == (405, "Method Not Allowed")
