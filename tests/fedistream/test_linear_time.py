"""Text from other people is read in linear time, and refused with the documented errors."""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit.examples import examples
from tests.kit.hardtext import AT_ONCE, PARSERS
from tests.kit.lineartime import NotLinear, linear_time

pytestmark = [pytest.mark.slow, pytest.mark.untraced]

# The reach is measured by `benchmarks/foreign_text.py`; a machine that runs the tests beside others takes some times as
# long, and what is beside the loop may take longer.
MOST_S, MOST_BESIDE_S = 6 * AT_ONCE, 1.0


def cases() -> Iterator[Any]:
    for name, parser in PARSERS.items():
        for hard, make in parser.hard.items():
            yield pytest.param(name, make, id=f"{name}: {hard!a}"[:80])


@pytest.mark.parametrize(("name", "make"), [*cases()])
def test_the_hardest_text_is_read_in_linear_time(name: str, make: Any) -> None:
    parser = PARSERS[name]
    linear_time(parser.parse, make, parser.size, most_s=MOST_BESIDE_S if parser.beside else MOST_S)


@pytest.mark.parametrize("name", [name for name, parser in PARSERS.items() if parser.pieces])
def test_whatever_comes_only_the_documented_errors_are_raised(name: str) -> None:
    parser = PARSERS[name]
    pieces = st.lists(st.sampled_from(parser.pieces), max_size=12).map("".join)
    repeated = st.tuples(pieces, st.integers(1, 50), pieces).map(lambda parts: parts[0] * parts[1] + parts[2])

    @examples(40)
    @given(st.one_of(repeated, st.text(max_size=60)))
    def fuzz(text: str) -> None:
        with contextlib.suppress(*parser.errors):
            parser.parse(text)

    fuzz()


def quadratic(text: str) -> object:
    return [text.count("y", at) for at in range(0, len(text), 8)]


def test_a_parser_that_is_quadratic_is_found() -> None:
    with pytest.raises(NotLinear, match=re.escape("all of 40000")):
        linear_time(quadratic, lambda n: "x" * n, 40_000, most_s=10)


def test_a_parser_that_is_linear_but_slow_is_found() -> None:
    with pytest.raises(NotLinear):
        linear_time(lambda text: [ord(letter) for letter in text], lambda n: "x" * n, 100_000, most_s=0.0001)
