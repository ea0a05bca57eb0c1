"""The tests of a pure module answer at once: neither they nor what pytest loads for them loads a node or a browser."""

import re
import subprocess
import sys

import pytest

from tests.house.tree import ROOT

HEAVY = ("aiohttp", "fedistream.app", "playwright", "uvicorn")
LOADED = "import importlib, json, sys; [importlib.import_module(name) for name in sys.argv[1:]]; print(*sys.modules)"


def named(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


@pytest.mark.slow
def test_what_a_pure_modules_tests_import_is_light() -> None:
    # the modules of `make mutate` are those that others stand on
    pure = re.findall(
        r'^    "((?:activitypub|media|fedistream)/[\w/]+\.py)": ', (ROOT / "scripts/mutate.py").read_text(), re.M
    )
    mirrored = [re.sub(r"(\w+\.py)$", r"test_\1", f"tests/{path}") for path in pure]
    tests = [path for path in mirrored if (ROOT / path).exists()]
    assert len(tests) >= 20
    conftests = {str(found.relative_to(ROOT)) for path in tests for found in (ROOT / path).parent.glob("conftest.py")}
    names = ["tests.conftest", "tests.fedistream.conftest", *map(named, sorted(conftests)), *map(named, tests)]
    command = [sys.executable, "-c", LOADED, *names]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert [heavy for heavy in HEAVY if heavy in done.stdout.split()] == []
