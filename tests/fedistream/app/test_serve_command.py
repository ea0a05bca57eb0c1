"""The front process: which modules it has loaded once it is open."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT

NOT_IN_THE_FRONT = (
    # the worker process alone
    "apscheduler",
    "http_ece",
    "py_vapid",
    "tzlocal",
    "fedistream.app.worker",
    "fedistream.jobs.scheduler",
    "fedistream.jobs.worker",
    # child processes alone
    "alembic",
    "av",
    "sqlalchemy",
    # the other database
    "asyncpg",
    "psycopg",
    # loaded with the first use
    "aiohttp",
    "cryptography.hazmat.bindings",
    "fedistream.api.openapi.document",
    "maxminddb",
    "prometheus_client",
    "psutil",
    "segno",
    # what Tortoise would load for models that we do not have
    "pydantic",
    # a part of httpsig that nothing of ours calls
    "Crypto",
)

PROGRAM = """
import asyncio, sys
import fedistream.app.command
from pathlib import Path
from fedistream.app.config import Config
from fedistream.app.node import Node

async def opened():
    node = Node(Config(data_dir=Path(sys.argv[1]), host="127.0.0.1", port=0, rtmp_port=0, workers=0,
                       public_url="https://node.example"))
    try:
        await node.open()
        print(*sys.modules)
        await node.features.settings.change("federation.enabled", True)
    finally:
        await node.close()

asyncio.run(opened())
"""


def loaded(folder: Path) -> set[str]:
    """Return the modules of a node that has just been opened on this folder; federation is switched on afterwards."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return set(done.stdout.split())


@pytest.mark.slow
def test_the_front_carries_nothing_that_only_the_worker_or_a_rare_use_needs(tmp_path: Path) -> None:
    loaded(tmp_path)  # switches federation on
    loaded(tmp_path)  # makes the keys
    with_federation = loaded(tmp_path)
    assert sorted(with_federation & {*NOT_IN_THE_FRONT}) == []
