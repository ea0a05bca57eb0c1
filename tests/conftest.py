"""Set-up for all tests: markers by what a test uses, bytecode, the scope of coverage, and the versions of programs."""

import gc
import os
import platform
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable, Generator, Mapping
from functools import cache, wraps
from importlib.metadata import version
from itertools import count
from types import ModuleType
from typing import Any

import pytest

# As the Makefile does, for those who call pytest without it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Collecting makes a million objects that stay. Looking through them again and again would take half of that time, and
# then some of every test's.
gc.disable()

LIBRARIES = ("aiohttp", "av", "starlette", "tortoise-orm", "uvicorn", "uvloop")
PROGRAMS = ("chromium", "ffmpeg", "firefox-esr", "nginx", "psql", "redis-server")

BROWSERS = frozenset(("tests.kit.browser", "tests.kit.firefox"))
KILLERS = frozenset(("signal", "tests.kit.jobworker"))
FOLDERS = {"journeys": "journey", "peers": "peers"}
TRACED_EXAMPLES = 30


def pytest_report_header() -> list[str]:
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    return [
        f"with: {platform.platform()}, SQLite {sqlite3.sqlite_version}, {libraries}",
        f"programs missing: {', '.join(missing) or 'none'}",
    ]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the test by its folder, fixtures, name and imports, so that no marker is forgotten."""
    folder = item.path.relative_to(item.config.rootpath).parts[1]
    if folder in FOLDERS:
        item.add_marker(FOLDERS[folder])
    module = getattr(item, "module", None)
    if _imports(module, BROWSERS):
        item.add_marker("browser")
    if _uses_postgres(item):
        item.add_marker("postgres")
    if re.search("[_/]kill", item.nodeid) and _imports(module, KILLERS):
        item.add_marker("kill")


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Switch coverage off for tests marked `untraced`, and after the first examples of a property.

    Under coverage everything takes three times as long, and the first examples run the lines that all of them run.
    """
    tracer = sys.gettrace()
    examples: Any = getattr(getattr(item, "obj", None), "hypothesis", None)
    whole = examples and examples.inner_test
    if item.get_closest_marker("untraced") is not None:
        sys.settrace(None)
    elif tracer is not None and examples:
        examples.inner_test = _traced_at_first(whole)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)
        if examples:
            examples.inner_test = whole


def _traced_at_first(test: Callable[..., object]) -> Callable[..., object]:
    examples = count(1)

    @wraps(test)
    def example(*arguments: object, **named: object) -> object:
        if next(examples) > TRACED_EXAMPLES:
            sys.settrace(None)
        return test(*arguments, **named)

    return example


@cache
def _imports(module: ModuleType | None, names: frozenset[str]) -> bool:
    """Return whether a module of tests has imported one of these modules, or a class or a function of one."""
    found: Mapping[str, object] = vars(module) if module is not None else {}
    return any(getattr(value, "__module__", getattr(value, "__name__", "")) in names for value in found.values())


def _uses_postgres(item: pytest.Item) -> bool:
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return "postgres" in getattr(item, "fixturenames", ()) or "postgres" in map(str, parameters.values())
