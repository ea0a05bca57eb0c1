"""For every test: markers by what it uses, the order of the files, bytecode, and what the tests ran with."""

import gc
import os
import platform
import re
import shutil
import sqlite3
import sys
from collections.abc import Mapping
from importlib.metadata import version

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
LONG = ("browser", "journey", "peers")  # seconds for each test


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
    if _imports(item, BROWSERS):
        item.add_marker("browser")
    if _uses_postgres(item):
        item.add_marker("postgres")
    if re.search("[_/]kill", item.nodeid) and _imports(item, KILLERS):
        item.add_marker("kill")


@pytest.hookimpl(trylast=True)  # after pytest-randomly
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: of several processes none shall be left with one of them when the others are done."""
    long = {item.path for item in items if any(item.get_closest_marker(name) for name in LONG)}
    items.sort(key=lambda item: item.path not in long)


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def _imports(item: pytest.Item, names: frozenset[str]) -> bool:
    """Whether the test's module has imported one of these modules, or a class or a function of one."""
    found: Mapping[str, object] = vars(getattr(item, "module", item))
    return any(getattr(value, "__module__", getattr(value, "__name__", "")) in names for value in found.values())


def _uses_postgres(item: pytest.Item) -> bool:
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return "postgres" in getattr(item, "fixturenames", ()) or "postgres" in map(str, parameters.values())
