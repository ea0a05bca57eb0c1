from datetime import UTC, datetime, timedelta

import pytest

from fedistream.api.pages.health.charts import (
    HEIGHT,
    MAX_POINTS,
    TABLE_ROWS,
    WIDTH,
    Chart,
    Point,
    Spec,
    chart,
    rounded_up,
)

END = datetime(2026, 5, 2, 12, tzinfo=UTC)
BEGIN = END - timedelta(hours=24)
SPEC = Spec("viewers", "Viewers", lambda value: f"{value:.0f}", 4)


def drawn(*points: Point) -> Chart:
    return chart(SPEC, [("viewers", points)], (BEGIN, END), lambda text, **values: text % values)


def test_a_chart_without_points_has_no_lines() -> None:
    empty = drawn((BEGIN - timedelta(minutes=1), 5.0))
    assert (empty.lines, empty.rows, empty.summary) == ((), (), "")


def test_a_line_goes_from_the_left_to_the_right_and_up_to_the_highest_tick() -> None:
    made = drawn((BEGIN, 0.0), (BEGIN + timedelta(hours=12), 10.0), (END, 5.0))
    (line,) = made.lines
    assert line.path == f"M0.0 {HEIGHT:.1f}h.01L{WIDTH / 2:.1f} 0.0L{WIDTH:.1f} {HEIGHT / 2:.1f}"
    assert [tick.text for tick in made.ticks] == ["0", "5", "10"]
    assert (line.latest, made.summary) == ("5", "Lowest 0, highest 10.")
    assert [row.values for row in made.rows] == [("5",), ("10",), ("0",)]


def test_a_line_is_broken_where_nothing_was_recorded() -> None:
    minutes = (0, 1, 2, 3, 60, 61)
    (line,) = drawn(*((BEGIN + timedelta(minutes=minute), 1.0) for minute in minutes)).lines
    assert line.path.count("M") == 2


def test_many_points_are_few_in_the_drawing_and_in_the_table_and_the_peak_stays() -> None:
    points = [(BEGIN + timedelta(seconds=30 * n), 900.0 if n == 777 else 3.0) for n in range(2_880)]
    made = drawn(*points)
    assert made.lines[0].path.count("L") < MAX_POINTS
    assert len(made.rows) <= TABLE_ROWS
    assert made.summary == "Lowest 3, highest 900."


@pytest.mark.parametrize(
    ("value", "rounded"), [(0.03, 0.05), (1, 1), (1.1, 2), (2.1, 2.5), (3, 5), (7, 10), (11, 20), (4700, 5000)]
)
def test_the_axis_ends_at_a_round_number(value: float, rounded: float) -> None:
    assert rounded_up(value) == pytest.approx(rounded)
