"""Readings as people read them: lines on a terminal, a table in the documents. Pure."""

from collections.abc import Mapping, Sequence

from benchmarks.reading import Row, Spread

BEGIN, END = "<!-- measured: written by `make bench ARGS=--write` -->", "<!-- end of what was measured -->"

TITLES: Mapping[str, str] = {
    "rtmp_read_128": "RTMP parser, 128-byte chunks",
    "rtmp_read_4096": "RTMP parser, 4096-byte chunks",
    "rtmp_read_60000": "RTMP parser, 60000-byte chunks",
    "rtmp_read_4096_by_packets": "RTMP parser, 4096-byte chunks, read 1460 bytes at a time",
    "rtmp_serve_4096": "RTMP session, 4096-byte chunks",
    "rtmp_write_4096": "RTMP writer, 4096-byte chunks",
}
HEADINGS = ("what", "ours", "reach", "peer", "ours / peer", "reached")


class NoPlace(Exception):
    """The document lacks the two lines between which the table belongs."""


def number(value: float) -> str:
    """Three significant digits, and no more zeros than that."""
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    if 0 < abs(value) < 0.1:
        digits = 3
    return f"{value:.{digits}f}"


def spread(values: Spread, unit: str = "") -> str:
    """The middle, and the least and the most when there was more than one run."""
    text = f"{number(values.middle)}{unit}"
    if values.count > 1:
        text += f" ({number(values.least)} to {number(values.most)})"
    return text


def cells(row: Row) -> tuple[str, ...]:
    reading = row.first
    sign = "≤" if reading.better == "lower" else "≥"
    unit = " x" if reading.reach_of == "ratio" else f" {reading.unit}"
    return (
        TITLES.get(reading.name, reading.name),
        spread(row.values, f" {reading.unit}"),
        "" if reading.reach is None else f"{sign} {reading.reach:g}{unit}",
        f"{reading.peer} {spread(row.peers, f' {reading.unit}')}" if row.peers else "",
        spread(row.ratios, " x") if row.ratios else "",
        {True: "yes", False: "no", None: ""}[row.reached],
    )


def terminal(rows: Sequence[Row]) -> str:
    """Columns of a fixed width, and the notes below."""
    lines = [HEADINGS, *(cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    texts = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([*texts, *_notes(rows)])


def markdown(rows: Sequence[Row]) -> str:
    lines = [HEADINGS, tuple("---" for _ in HEADINGS), *(cells(row) for row in rows)]
    table = "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
    notes = "\n".join(f"- {note}" for note in _notes(rows))
    return f"{table}\n\n{notes}".rstrip()


def _notes(rows: Sequence[Row]) -> list[str]:
    return [f"{TITLES.get(row.first.name, row.first.name)}: {row.first.note}" for row in rows if row.first.note]


def put(document: str, text: str) -> str:
    """The document with `text` in the place of what stood between the two marks. Raises NoPlace."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoPlace
    return f"{before}{BEGIN}\n{text}\n{END}{after}"
