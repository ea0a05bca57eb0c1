"""The secret that all processes of a node share."""

import asyncio
import secrets

import pytest

from fedistream.db import Database
from fedistream.db.node_secret import NodeSecretRow, node_secret


@pytest.mark.usefixtures("database")
async def test_it_is_made_once_even_when_two_processes_start_together() -> None:
    made = await asyncio.gather(*(node_secret(lambda: secrets.token_bytes(32)) for _ in range(5)))
    assert len(set(made)) == 1
    assert await node_secret(lambda: b"another") == made[0]
    assert await NodeSecretRow.all().count() == 1


async def test_it_is_the_one_that_was_given_first(database: Database) -> None:
    assert await node_secret(lambda: b"\x00from a file\xff") == b"\x00from a file\xff"
