"""Every face of a node with federation on, and the admin who looks at its pages."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kit.adminpages import Visitor, signed_in
from tests.kit.faces import Faces, federating_faces


@pytest.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with federating_faces(tmp_path) as opened:
        yield opened


@pytest.fixture
async def admin(faces: Faces) -> AsyncIterator[Visitor]:
    async with signed_in(faces) as visitor:
        yield visitor
