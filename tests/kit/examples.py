"""The number of examples of a property test: all in `make test`, few in `make test-quick`, which sets MOST_EXAMPLES."""

import os
from collections.abc import Callable
from typing import TypeVar

from hypothesis import settings

MOST = int(os.environ.get("MOST_EXAMPLES", 1_000_000))
Test = TypeVar("Test", bound=Callable[..., object])


def examples(number: int) -> Callable[[Test], Test]:
    """Try a property with so many examples, without a limit on the time of one: the machine may be busy."""
    return settings(max_examples=min(number, MOST), deadline=None)
