"""A studio for the tests of the pages."""

import pytest

from tests.kit.studio import Studio


@pytest.fixture
def studio() -> Studio:
    return Studio()
