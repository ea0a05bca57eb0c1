"""Runs `fedistream import-owncast`, in a process of its own or in this one."""

import asyncio
import contextlib
import io
import secrets
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fedistream.app.config import Config
from fedistream.app.owncast_import.command import take_over
from fedistream.app.startup import StartupError
from fedistream.channels.service import Channels
from fedistream.core.bus import Bus
from fedistream.settings.service import Settings
from tests.house.tree import ROOT


@dataclass(frozen=True)
class Result:
    exit_code: int
    output: str
    stderr: str


def command(source: Path, data: Path, *flags: str) -> list[str]:
    return [sys.executable, "-m", "fedistream", "import-owncast", str(source), "--data-dir", str(data), *flags]


def run(source: Path, data: Path, *flags: str) -> Result:
    """Run the command as an operator does, in a process of its own."""
    done = subprocess.run(
        command(source, data, *flags), cwd=ROOT, capture_output=True, text=True, check=False, timeout=100
    )
    return Result(done.returncode, done.stdout, done.stderr)


def attempt(source: Path, data: Path, url: str = "") -> Result:
    """Do what the command does, in this process."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        try:
            asyncio.run(take_over(source, Config(data_dir=data, database_url=url)))
        except StartupError as problem:
            return Result(problem.code, said.getvalue(), f"fedistream: {problem}")
    return Result(0, said.getvalue(), "")


def imported(source: Path, data: Path, url: str = "") -> str:
    result = attempt(source, data, url)
    assert result.exit_code == 0, result.stderr
    return result.output


def now() -> datetime:
    return datetime.now(UTC)


async def settings_of() -> tuple[Settings, int]:
    settings, channels = Settings(Bus(), now), Channels(now, secrets.token_urlsafe)
    await settings.load()
    await channels.load()
    return settings, channels.home().id
