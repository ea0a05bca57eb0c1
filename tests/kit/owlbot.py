"""Owlbot, a chat bot for Owncast: installed once into .peers/, for an interpreter that is new enough for it."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "tests" / "peers" / "owlbot"
HOME = ROOT / ".peers"
NEW_ENOUGH = "import sys; sys.exit(sys.version_info < (3, 12))"
VERSIONS = ("python3.12", "python3.13", "python3.14", "python3")


class Unavailable(Exception):
    """There is no interpreter for Owlbot, or Owlbot could not be brought."""


@cache
def installed() -> Path:
    """Return an interpreter that has Owlbot. Raises Unavailable."""
    HOME.mkdir(exist_ok=True)
    lock = SOURCE / "requirements.lock"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    with (HOME / ".lock-owlbot").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        folder = HOME / "owlbot"
        python, stamp = folder / "bin" / "python", folder / ".stamp"
        if stamp.is_file() and stamp.read_text() == wanted:
            return python
        shutil.rmtree(folder, ignore_errors=True)
        uv = Path(sys.executable).parent / "uv"
        _run(uv, "venv", "--quiet", "--python", _interpreter(), folder)
        _run(uv, "pip", "install", "--quiet", "--require-hashes", "--python", python, "-r", lock)
        stamp.write_text(wanted)
        return python


def needed() -> Path:
    """Return `installed`. Without it, skip the test."""
    try:
        return installed()
    except Unavailable as error:
        pytest.skip(str(error))


def _interpreter() -> Path:
    """Return a Python 3.12 or newer, of the machine or of a version manager."""
    found = [*map(shutil.which, VERSIONS), sys.executable, *Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python")]
    for each in found:
        if each and not subprocess.run([each, "-c", NEW_ENOUGH], check=False, capture_output=True).returncode:
            return Path(each)
    raise Unavailable("Owlbot was not tried: it needs Python 3.12, and there is none here")


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"Owlbot was not tried: {command[1]} failed: {(done.stdout + done.stderr)[-500:]}")
