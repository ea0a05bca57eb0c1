import pytest

from benchmarks.reading import BadReading, Reading, Skipped, Spread, parse, rows


def test_a_reading_comes_back_from_its_line() -> None:
    plain = Reading("a", 1.5, "s")
    full = Reading("b", 2.0, "us", 3.0, "higher", "ratio", "nginx", 1.0, "on a Sunday")
    assert [parse(str(one)) for one in (plain, full, Skipped("no browser"))] == [plain, full, Skipped("no browser")]


def test_a_value_of_zero_is_a_value() -> None:
    assert parse(str(Reading("a", 0.0, "s", peer="b", peer_value=0.0))).peer_value == 0.0  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "line", ["", "[]", "3", '{"name": "a"}', '{"name": "a", "value": "x", "unit": "s"}', '{"value": 1, "odd": 2}']
)
def test_a_line_that_is_no_reading_is_refused(line: str) -> None:
    with pytest.raises(BadReading):
        parse(line)


def test_runs_of_a_measure_make_one_row_in_the_order_of_the_first() -> None:
    found = rows([Reading("b", 4.0, "s"), Reading("a", 1.0, "s"), Reading("b", 2.0, "s"), Reading("b", 3.0, "s")])
    assert [(row.first.name, row.values) for row in found] == [("b", Spread(2, 3, 4, 3)), ("a", Spread(1, 1, 1, 1))]


def test_the_ratio_is_taken_within_each_run() -> None:
    slow, quick = (Reading("a", value, "s", peer="p", peer_value=peer) for value, peer in ((40.0, 20.0), (10.0, 10.0)))
    (row,) = rows([slow, quick])
    assert row.ratios == Spread(1, 1.5, 2, 2)
    assert row.peers == Spread(10, 15, 20, 2)


def test_the_middle_run_says_whether_the_reach_is_met() -> None:
    def reached(*values: float, **more: object) -> bool | None:
        return rows([Reading("a", value, "s", **more) for value in values])[0].reached  # type: ignore[arg-type]

    assert reached(1, 2, 9, reach=2) is True
    assert reached(1, 3, 9, reach=2) is False
    assert reached(1, 3, 9, reach=2, better="higher") is True
    assert reached(1) is None
    assert reached(30, reach=3, reach_of="ratio", peer="p", peer_value=10.0) is True
    assert reached(31, reach=3, reach_of="ratio", peer="p", peer_value=10.0) is False
    assert reached(31, reach=3, reach_of="ratio") is None
