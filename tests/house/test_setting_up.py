"""Setting up a fresh machine: messages about missing programs, consistent locks, the pages' JavaScript."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import hatch_build
from fedistream.app import paths
from fedistream.app.serve_command import serve
from tests.house.tree import ROOT


def set_up(folder: Path, python: str | None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs scripts/set-up in an empty checkout where `python3` is the given shell script, if any."""
    (folder / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "set-up", folder / "scripts")
    (folder / "bin").mkdir()
    for tool in ("sh", "dirname"):
        (folder / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    if python is not None:
        (folder / "bin" / "python3").write_text(f"#!/bin/sh\n{python}\n")
        (folder / "bin" / "python3").chmod(0o755)
    return subprocess.run(
        [folder / "scripts" / "set-up", "run"],
        env={"PATH": str(folder / "bin"), **environment},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("python", "environment", "says"),
    [
        (None, {}, "Python 3.11 or newer is needed (python3 here: not found)"),
        (
            'case "$2" in *print*) echo 3.9 ;; *) exit 1 ;; esac',
            {},
            "Python 3.11 or newer is needed (python3 here: 3.9)",
        ),
        (
            'case "$2" in *ensurepip*) exit 1 ;; *print*) echo 3.11 ;; esac',
            {},
            "python3 cannot make virtual environments: 'apt-get install python3.11-venv'",
        ),
        ("exit 0", {"PYTHON": "/nowhere/python"}, "PYTHON=/nowhere/python is not Python 3.11 or newer"),
    ],
)
def test_a_machine_that_lacks_something_is_told_what_in_one_line(
    tmp_path: Path, python: str | None, environment: dict[str, str], says: str
) -> None:
    done = set_up(tmp_path, python, **environment)
    assert done.returncode == 1
    assert done.stderr.startswith(f"set-up: {says}")
    assert done.stderr.count("\n") == 1


def test_make_alone_prints_its_words() -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    said = subprocess.run(["make"], cwd=ROOT, env=clean, check=True, capture_output=True, text=True).stdout
    for word in ("run", "test", "lint", "bench", "lock"):
        assert re.search(rf"^  make {word}  ", said, re.MULTILINE), said


def pins(*names: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name in names:
        for package, version in re.findall(r"^([a-z][\w.-]*)==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE):
            found.setdefault(package, set()).add(version)
    return found


def test_the_locks_are_in_step_with_what_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    groups = project["dependency-groups"]
    asked = {
        "requirements.lock": [
            *project["project"]["dependencies"],
            *(one for extra in extras.values() for one in extra),
        ],
        "locks/setup.lock": groups["setup"],
        "locks/node.lock": groups["node"],
        "locks/test.lock": groups["test"],
    }
    for lock, lines in asked.items():
        locked = pins(lock)
        for requirement in map(Requirement, lines):
            versions = locked.get(requirement.name.lower().replace("_", "-"), set())
            assert versions, f"{requirement} is not in {lock}: make lock"
            assert all(requirement.specifier.contains(version) for version in versions), f"{requirement}: make lock"


def test_locks_that_are_installed_side_by_side_agree() -> None:
    together = pins("requirements.lock")
    for lock in ("locks/setup.lock", "locks/test.lock"):
        for package, versions in pins(lock).items():
            assert versions <= together.setdefault(package, versions), f"{package} in {lock}: make lock"


def test_the_pages_have_their_javascript_and_its_licences() -> None:
    for package, files in json.loads((ROOT / "package.json").read_text())["vendor"].items():
        assert (paths.VENDOR / f"{package}.LICENSE.txt").stat().st_size > 0
        for name in files.values():
            assert (paths.VENDOR / name).stat().st_size > 10_000
    # a strict page refuses a style without its nonce
    assert not list(re.finditer(r"<style>", (paths.VENDOR / "media-chrome.js").read_text()))


@pytest.mark.parametrize("folder", [".", "tests/peers/fedify"])
def test_every_javascript_dependency_is_pinned_to_one_version_by_a_lock_with_hashes_and_without_hosts(
    folder: str,
) -> None:
    asked = json.loads((ROOT / folder / "package.json").read_text())
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())["packages"]
    locked = lock.pop("")
    for kind in ("dependencies", "devDependencies"):
        versions = asked.get(kind, {})
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values()), versions
        assert locked.get(kind, {}) == versions
    for name, package in lock.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, f"{name}: decision 1"


def test_styles_get_the_pages_nonce_and_nothing_else_changes() -> None:
    plain = "const a = 1;\n//# sourceMappingURL=a.js.map\n"
    assert hatch_build.for_strict_pages(plain) == "const a = 1;\n"
    styled = hatch_build.for_strict_pages("x = `<style>a{}</style>`")
    assert styled.splitlines()[1:] == ['x = `<style nonce="${pageNonce}">a{}</style>`']


def test_the_nodes_own_files_are_found() -> None:
    assert paths.TEMPLATES == ROOT / "templates"
    assert paths.STATIC.is_dir()


def test_every_flag_is_in_the_operators_table_and_the_table_names_no_other() -> None:
    flags = {name for parameter in serve.params for name in parameter.opts} - {"--config"}
    pages = (ROOT / "docs" / "operating" / "install.md").read_text()
    table = "".join(line.partition("` | `FEDISTREAM")[0] for line in pages.splitlines() if line.startswith("| `--"))
    assert set(re.findall(r"--[a-z-]+", table)) == flags
    assert set(re.findall(r"`(--[a-z-]+)", (ROOT / "README.md").read_text())) <= flags
    variables = {parameter.envvar for parameter in serve.params if parameter.name != "config"}
    assert set(re.findall(r"`(FEDISTREAM_[A-Z_]+)`", pages)) == variables
