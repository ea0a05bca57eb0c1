"""Makes `fedistream` impossible to import: the libraries must work without it. Import it, or give it to `pytest -p`."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class NoNode(MetaPathFinder):
    """Refuses fedistream and everything in it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] == "fedistream":
            raise ModuleNotFoundError(f"{fullname}: the libraries know nothing of the node", name=fullname)
        return None


sys.meta_path.insert(0, NoNode())
