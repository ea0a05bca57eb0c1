"""Stub modules while an old library is imported, and what is left of them afterwards."""

import importlib
import subprocess
import sys
from types import ModuleType

import pytest

from activitypub.import_stubs import stubbed_imports


def test_a_stub_has_the_given_attributes_and_is_gone_afterwards() -> None:
    with stubbed_imports({"no_such_module": {"answer": 42}}):
        assert importlib.import_module("no_such_module").answer == 42
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("no_such_module")


def test_a_module_without_a_stub_cannot_be_imported_within_the_block_and_can_afterwards() -> None:
    with stubbed_imports({"colorsys": None}), pytest.raises(ImportError):
        importlib.import_module("colorsys")
    assert importlib.import_module("colorsys").rgb_to_hls


def test_the_real_module_is_back_afterwards_also_when_the_block_fails() -> None:
    real = importlib.import_module("json")

    def fail() -> None:
        with stubbed_imports({"json": {}, "no_such_module": None}):
            assert importlib.import_module("json") is not real
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert importlib.import_module("json") is real
    assert "no_such_module" not in sys.modules


def test_a_stub_is_a_module_of_that_name() -> None:
    with stubbed_imports({"no_such_module": {}}):
        made = sys.modules["no_such_module"]
    assert isinstance(made, ModuleType)
    assert made.__name__ == "no_such_module"


def test_what_the_old_libraries_import_is_not_loaded_by_this_one() -> None:
    code = (
        "import sys, activitypub.inbox, activitypub.network.deliver\n"
        "never = 'requests', 'urllib3', 'cffi', 'pycparser', 'Crypto', 'pkg_resources'\n"
        "print([name for name in never if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
