"""For every test: the report's header says what the tests ran with."""

import platform
import shutil
import sqlite3
from importlib.metadata import version

LIBRARIES = ("aiohttp", "av", "starlette", "tortoise-orm", "uvicorn", "uvloop")
PROGRAMS = ("chromium", "ffmpeg", "firefox-esr", "nginx", "psql", "redis-server")


def pytest_report_header() -> list[str]:
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    return [
        f"with: {platform.platform()}, SQLite {sqlite3.sqlite_version}, {libraries}",
        f"programs missing: {', '.join(missing) or 'none'}",
    ]
