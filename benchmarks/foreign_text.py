"""The time for which worst-case text of up to 20 kB blocks the event loop: `python -m benchmarks.foreign_text`.

The texts are those of `tests/kit/hardtext.py`; what is read beside the loop is not among them.
"""

from collections.abc import Iterator
from typing import Final

from benchmarks.reading import Reading
from tests.kit.hardtext import AT_ONCE, PARSERS
from tests.kit.lineartime import cpu_s

SHOWN: Final = {
    "hard_html": ("excerpt of a note", "beginning of a post", "chat message of elsewhere", "links of a page"),
    "hard_markdown": ("chat message",),
    "hard_json": ("JSON", "activity", "actor", "WebFinger", "NodeInfo"),
    "hard_signatures": ("Signature", "Signature that fits", "structured field", "structured field that fits", "Digest"),
    "hard_query": ("playlist query", "Link header", "HTTP date"),
    "hard_names": (
        *("handle", "resource", "URL", "website", "place of a redirect", "visitor's name", "look-alikes"),
        *("name of elsewhere", "unwelcome words"),
    ),
}


def slowest(names: tuple[str, ...]) -> tuple[float, str]:
    """Seconds of the slowest text of these parsers, and which it was."""
    return max(
        (cpu_s(PARSERS[name].parse, make(PARSERS[name].size)), f"{name}: {hard!a}")
        for name in names
        for hard, make in PARSERS[name].hard.items()
    )


def measure() -> Iterator[Reading]:
    for key, names in SHOWN.items():
        took, which = slowest(names)
        yield Reading(key, round(took * 1e3, 2), "ms", AT_ONCE * 1e3, note=which)


def main() -> None:
    if left := {name for name, parser in PARSERS.items() if not parser.beside} - {*sum(SHOWN.values(), ())}:
        raise RuntimeError(f"not measured: {left}")
    for reading in measure():
        print(reading, flush=True)


if __name__ == "__main__":
    main()
