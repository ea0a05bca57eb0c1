from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedistream.db import Database
from tests.kit.chatroom import Chatroom, chatroom


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Chatroom]:
    async with chatroom(tmp_path) as room:
        yield room
