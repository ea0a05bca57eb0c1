"""Stub modules in place of dependencies that an old library imports but never uses for us, while it is imported."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def stubbed_imports(modules: Mapping[str, Mapping[str, object] | None]) -> Iterator[None]:
    """Within the block, importing one of `modules` gives a stub with these attributes; None makes the import fail.

    Afterwards `sys.modules` is as before, so later imports get the real modules.
    """
    real = {name: sys.modules[name] for name in modules if name in sys.modules}
    for name, members in modules.items():
        if members is None:
            # how the import system marks a module that cannot be imported
            sys.modules[name] = None  # type: ignore[assignment]
        else:
            sys.modules[name] = ModuleType(name)
            sys.modules[name].__dict__.update(members)
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]
        sys.modules.update(real)
