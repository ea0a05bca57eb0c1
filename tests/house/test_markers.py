"""Every test has its markers: `make test-quick` leaves out marked tests, and must start no browser, server or node.

`tests/conftest.py` sets the markers by what a test uses; here the source says what that is. Looks at the tests that
were collected, which are all of them when all are run.
"""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.house.tree import ROOT, imports, is_within, modules

BROWSER = ("playwright", "tests.kit.browser", "tests.kit.firefox")
OTHER_NODES = ("tests.kit.federating", "tests.kit.fedify")


@cache
def imported() -> dict[Path, frozenset[str]]:
    """Return what each module of the tests imports, by its path."""
    known = modules(folders=("tests",))
    return {ROOT / each.path: frozenset(found.target for found in imports(each, known)) for each in known.values()}


def uses(item: pytest.Item, names: tuple[str, ...]) -> bool:
    return any(is_within(name, names) for name in imported()[item.path])


def lacking(items: list[pytest.Item], marker: str) -> list[str]:
    return [item.nodeid for item in items if item.get_closest_marker(marker) is None]


def test_what_drives_a_browser_is_marked(request: pytest.FixtureRequest) -> None:
    assert lacking([item for item in request.session.items if uses(item, BROWSER)], "browser") == []


def test_what_runs_a_whole_node_with_others_is_marked(request: pytest.FixtureRequest) -> None:
    items = request.session.items
    for folder, marker in (("journeys", "journey"), ("peers", "peers")):
        assert lacking([item for item in items if item.path.is_relative_to(ROOT / "tests" / folder)], marker) == []
    strangers = [item for item in items if uses(item, OTHER_NODES)]
    assert [item for item in strangers if not {"journey", "peers"} & {mark.name for mark in item.own_markers}] == []


def test_what_runs_on_postgresql_is_marked(request: pytest.FixtureRequest) -> None:
    asked = [item for item in request.session.items if "postgres" in getattr(item, "fixturenames", ())]
    named = [item for item in request.session.items if re.search(r"\[.*\bpostgres\b.*\]$", item.nodeid)]
    assert lacking([*asked, *named], "postgres") == []


def test_what_kills_processes_is_marked(request: pytest.FixtureRequest) -> None:
    kills = ROOT / "tests" / "fedistream" / "jobs" / "test_kills.py"
    assert lacking([item for item in request.session.items if item.path == kills], "kill") == []


def test_the_quick_word_leaves_out_every_marker(request: pytest.FixtureRequest) -> None:
    ours = [line.partition(":")[0] for line in request.config.getini("markers")]
    markers = {name for name in ours if re.fullmatch("browser|journey|kill|peers|postgres|slow", name)}
    script = (ROOT / "scripts" / "test").read_text()
    (left_out,) = re.findall('^LONG="(.*)"$', script, re.MULTILINE)
    assert set(left_out.split(" or ")) == markers
