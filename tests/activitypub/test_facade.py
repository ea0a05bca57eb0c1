"""The facade offers what it says, and loads nothing before it is used."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import activitypub


def seen_by_type_checkers() -> dict[str, str]:
    """Return the module that type checkers see each name imported from."""
    assert activitypub.__file__ is not None
    (choice,) = (node for node in ast.parse(Path(activitypub.__file__).read_text()).body if isinstance(node, ast.If))
    imports = [node for node in choice.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module or "" for node in imports for alias in node.names}


def test_every_name_is_offered_and_is_what_its_module_defines() -> None:
    seen = seen_by_type_checkers()
    assert sorted(seen) == sorted(activitypub.__all__)
    for name, module in seen.items():
        assert getattr(activitypub, name) is getattr(import_module(module), name)


def test_a_name_that_is_not_offered_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'activitypub' has no attribute 'Nothing'"):
        _ = activitypub.Nothing  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "loaded"),
    [
        ("parse_handle", set()),
        ("Deliverer", {"httpsig"}),
        ("HttpClient", {"httpsig"}),
        ("make_ed25519()", {"cryptography"}),
    ],
)
def test_a_name_loads_the_libraries_that_it_needs_and_no_others(name: str, loaded: set[str]) -> None:
    heavy = ["aiohttp", "cryptography", "httpsig", "little_boxes"]
    program = f"import sys, activitypub; activitypub.{name}; print(*(each for each in {heavy} if each in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded <= set(done.stdout.split())
    assert "aiohttp" not in done.stdout, "it is loaded with the first request"
    assert loaded or not done.stdout.split()
