"""Every face of a node that is live, on a real server."""

from collections.abc import AsyncIterator

import pytest

from tests.kit.faces import Faces
from tests.kit.onair import live
from tests.kit.webserver import serving


@pytest.fixture
async def port(faces: Faces) -> AsyncIterator[int]:
    home = faces.channels.home().id
    faces.broadcasts.on[home] = live(home)
    async with serving(faces.app()) as bound:
        yield bound
