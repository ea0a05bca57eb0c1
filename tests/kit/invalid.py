"""Expects a value to be refused, and reads the sentence that the faces have for it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fedistream.api.wording import sentence
from fedistream.core.errors import Invalid


@contextmanager
def invalid(match: str) -> Iterator[pytest.ExceptionInfo[Invalid]]:
    """Fail unless Invalid is raised with a sentence in which the pattern is found."""
    with pytest.raises(Invalid) as caught:
        yield caught
    assert re.search(match, sentence(caught.value)), sentence(caught.value)
