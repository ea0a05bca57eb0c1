"""The worker's command: what its process carries, and that it is the same by either name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from fedistream.app.cli import main
from fedistream.app.worker_command import worker
from tests.house.tree import ROOT


@pytest.mark.slow
def test_a_worker_carries_nothing_of_the_front() -> None:
    front = (
        "uvicorn",
        "starlette",
        "jinja2",
        "httptools",
        "websockets",
        "fedistream.app.node",
        "media.rtmp",
    )
    code = "import sys, fedistream.app.worker_command; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(done.stdout.split())
    assert not loaded & {*front}
    # the sentences for what is wrong with a value, and nothing else of the faces
    sentences = {"fedistream.api", "fedistream.api.wording", "fedistream.api.http", "fedistream.api.http.problems"}
    assert {name for name in loaded if name.startswith("fedistream.api")} <= sentences


def test_it_is_a_command_of_the_program_and_one_by_itself() -> None:
    here = CliRunner().invoke(main, ["worker", "--help"]).output
    assert "--database-url" in here
    assert "--port" not in here
    command = [sys.executable, "-m", "fedistream.app.worker_command", "--help"]
    environment = {**os.environ, "COLUMNS": "80"}
    alone = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert _flags(alone) == _flags(here)


def _flags(text: str) -> set[str]:
    """The flags that a help text names, but for the help's own."""
    return {line.split()[0] for line in text.splitlines() if line.startswith("  --") and "--help" not in line}


def test_one_file_serves_all_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag of `serve` in the file is none of a worker's, and no mistake."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "fedistream.toml"
    file.write_text('port = 8081\ndatabase_url = "mysql://nowhere"\n')
    assert CliRunner().invoke(worker, []).exit_code == 3
    file.write_text("prot = 8081\n")
    result = CliRunner().invoke(worker, [])
    assert result.exit_code == 2
    assert "prot" in result.output
