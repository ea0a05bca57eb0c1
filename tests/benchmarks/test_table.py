import importlib

import pytest

from benchmarks import table
from benchmarks.__main__ import BENCHMARKS, DOCUMENT
from benchmarks.reading import Reading, rows

ROWS = rows(
    [
        Reading("live_edge_mean", 0.1834, "s", 0.25, peer="nginx-rtmp", peer_value=1.006, note="one | stream"),
        Reading("live_edge_mean", 0.19, "s", 0.25, peer="nginx-rtmp", peer_value=1.0),
        Reading("unheard of", 1234.5, "MB/s", 5000.0, better="higher"),
    ]
)


def test_numbers_have_as_many_digits_as_mean_something() -> None:
    assert [table.number(value) for value in (0, 0.0123, 0.183, 1.0, 12.34, 123.4, 1234.5)] == [
        *("0.000", "0.012", "0.183", "1.00", "12.3", "123", "1234")
    ]


def test_a_row_says_value_reach_peer_ratio_and_whether_it_is_reached() -> None:
    assert [table.cells(row) for row in ROWS] == [
        (
            "age of the newest media listed, mean",
            "0.187 s (0.183 to 0.190)",
            "≤ 0.25 s",
            "nginx-rtmp 1.00 s (1.00 to 1.01)",
            "0.186 x (0.182 to 0.190)",
            "yes",
        ),
        ("unheard of", "1234 MB/s", "≥ 5000 MB/s", "", "", "no"),
    ]


def test_the_terminal_gets_columns_and_the_notes() -> None:
    head, first, second, note = table.terminal(ROWS).splitlines()
    assert head.index("ours") == first.index("0.187 s") == second.index("1234")
    assert note == "age of the newest media listed, mean: one | stream"


def test_the_document_gets_a_table_and_a_list() -> None:
    lines = table.markdown(ROWS, ["x: skipped: no browser"]).splitlines()
    assert [line.count("|") for line in lines[:4]] == [7] * 4
    assert lines[5:] == ["- age of the newest media listed, mean: one | stream", "- x: skipped: no browser"]


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    document = f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n"
    written = table.put(document, "new")
    assert written == f"before\n{table.BEGIN}\nnew\n{table.END}\nafter\n"
    assert table.put(written, "new") == written
    for lacking in ("", table.BEGIN, table.END):
        with pytest.raises(table.NoPlace):
            table.put(lacking, "new")


def test_the_document_has_a_place_for_the_table() -> None:
    assert table.put(DOCUMENT.read_text("utf-8"), "x")


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_is_a_module_with_a_main_and_says_what_it_is(name: str) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    assert callable(module.main)
    assert f"python -m benchmarks.{name}" in (module.__doc__ or "")
