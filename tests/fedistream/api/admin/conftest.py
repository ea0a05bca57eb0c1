"""The faces of a node with nothing on the air."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kit.faces import Faces, open_faces


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with open_faces(tmp_path) as opened:
        yield opened
