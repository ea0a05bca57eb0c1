"""Line charts as SVG without a library: a figure with its axis, a summary in words, and a table of the same numbers."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WIDTH, HEIGHT = 600, 160  # of the drawing, in its own units
MAX_POINTS = 300  # of a line: a point for every two units
TABLE_ROWS = 12
GAP_FACTOR = 5  # of the usual distance between two points; a longer one is a gap in the line
STEPS = (1, 2, 2.5, 5, 10)

Point = tuple[datetime, float]
Series = tuple[str, Sequence[Point]]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart: its name, its SVG path, and its last value as text."""

    name: str
    path: str
    latest: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table below a chart: a time, and the value of each line as text."""

    at: datetime
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of the axis: its height in the drawing, and its text."""

    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart to be rendered. Without points it has no lines."""

    id: str
    title: str
    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]
    begin: datetime
    end: datetime
    summary: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Spec:
    """The subject of a chart: `unit` writes a value as text, `top` is the least highest value of its axis."""

    id: str
    title: str
    unit: Callable[[float], str]
    top: float = 1.0


def chart(
    spec: Spec,
    series: Sequence[tuple[str, Sequence[Point]]],
    span: tuple[datetime, datetime],
    words: Callable[..., str],
) -> Chart:
    """Return the chart of named series, each with the oldest point first, within a span of time.

    `words` translates a text and fills in its values.
    """
    begin, end = span
    cut = [(name, thinned([point for point in points if begin <= point[0] <= end])) for name, points in series]
    drawn = [(name, points) for name, points in cut if points]
    values = [value for _, points in drawn for _, value in points]
    top = rounded_up(max([*values, spec.top]))
    lines = tuple(Line(name, _path(points, span, top), spec.unit(points[-1][1])) for name, points in drawn)
    ticks = tuple(Tick(HEIGHT * (1 - part / 2), spec.unit(top * part / 2)) for part in range(3))
    summary = ""
    if values:
        summary = words("Lowest %(low)s, highest %(high)s.", low=spec.unit(min(values)), high=spec.unit(max(values)))
    return Chart(spec.id, spec.title, lines, ticks, begin, end, summary, _rows(drawn, spec.unit))


def thinned(points: Sequence[Point]) -> list[Point]:
    """Return at most MAX_POINTS of the points, of each run of neighbours the highest."""
    run = max(1, -(-len(points) // MAX_POINTS))
    return [max(points[at : at + run], key=lambda point: point[1]) for at in range(0, len(points), run)]


def rounded_up(value: float) -> float:
    """Return the next round number: 1, 2, 2.5 or 5 times a power of ten."""
    power = 1.0
    while power * 10 < value:
        power *= 10
    while power > value:
        power /= 10
    return next(power * step for step in STEPS if power * step >= value)


def _path(points: Sequence[Point], span: tuple[datetime, datetime], top: float) -> str:
    """Return the path of a line, which is broken where nothing was recorded."""
    begin, length = span[0], max((span[1] - span[0]).total_seconds(), 1)
    distances = sorted(later[0] - earlier[0] for earlier, later in itertools.pairwise(points))
    usual = distances[len(distances) // 2] if distances else timedelta()
    parts, last = [], None
    for at, value in points:
        x = WIDTH * (at - begin).total_seconds() / length
        y = HEIGHT * (1 - value / top)
        joined = last is not None and at - last <= usual * GAP_FACTOR
        parts.append(f"{'L' if joined else 'M'}{x:.1f} {y:.1f}{'' if joined else 'h.01'}")
        last = at
    return "".join(parts)


def _rows(drawn: Sequence[tuple[str, Sequence[Point]]], unit: Callable[[float], str]) -> tuple[Row, ...]:
    """Return some rows, evenly spread, the newest first. The lines of a chart are recorded at the same times."""
    if not drawn:
        return ()
    times = [at for at, _ in max((points for _, points in drawn), key=len)]
    known = [dict(points) for _, points in drawn]
    chosen = times[::-1][:: max(1, -(-len(times) // TABLE_ROWS))]
    return tuple(Row(at, tuple(unit(each[at]) if at in each else "–" for each in known)) for at in chosen)
