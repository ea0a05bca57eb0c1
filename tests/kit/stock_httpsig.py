"""The whole of httpsig, which the node loads a part of: its signer and verifier, to compare ours with."""

import sys
from importlib import import_module
from typing import Any

from activitypub.import_stubs import stubbed_imports
from activitypub.signatures.cavage import PKG_RESOURCES


def load() -> Any:
    """Return a second httpsig with its signer and verifier. The one that the node uses stays in `sys.modules`."""
    ours = {name: sys.modules.pop(name) for name in [*sys.modules] if name.partition(".")[0] == "httpsig"}
    try:
        # without the stub it can only be imported where there is a pkg_resources
        with stubbed_imports({"pkg_resources": PKG_RESOURCES, "cffi": None}):
            return import_module("httpsig")
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "httpsig"]:
            del sys.modules[name]
        sys.modules.update(ours)
