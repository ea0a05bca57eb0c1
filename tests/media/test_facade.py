"""The facades offer what they say, and cost nothing before it is used."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import media.codec
import media.package
import media.rtmp

FACADES = [media, media.rtmp, media.package, media.codec]
NAMES = pytest.mark.parametrize("facade", FACADES, ids=lambda facade: facade.__name__)


def seen_by_mypy(facade: ModuleType) -> dict[str, str]:
    """Return, by name, the module that the imports for type checkers take it from."""
    assert facade.__file__ is not None
    (choice,) = (node for node in ast.parse(Path(facade.__file__).read_text()).body if isinstance(node, ast.If))
    imports = [node for node in choice.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module or "" for node in imports for alias in node.names}


@NAMES
def test_every_name_is_offered_and_is_what_its_module_defines(facade: ModuleType) -> None:
    seen = seen_by_mypy(facade)
    assert sorted(seen) == sorted(facade.__all__)
    for name, module in seen.items():
        assert getattr(facade, name) is getattr(import_module(module), name)


@NAMES
def test_a_name_that_is_not_offered_is_no_attribute(facade: ModuleType) -> None:
    with pytest.raises(AttributeError, match=f"module '{facade.__name__}' has no attribute 'Nothing'"):
        _ = facade.Nothing


def test_a_format_is_imported_without_the_sockets_of_its_package() -> None:
    program = "import sys, media.rtmp.amf0, media.fmp4; sys.exit('asyncio' in sys.modules or 'ssl' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
