"""Stand-ins for modules that an old library imports and none of our calls reaches, for the length of that import."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def stubbed_imports(modules: Mapping[str, Mapping[str, object] | None]) -> Iterator[None]:
    """Within the block these modules have the members given, or cannot be imported if there are none (None).

    Afterwards `sys.modules` is as it was: whoever imports them later gets the real ones.
    """
    real = {name: sys.modules[name] for name in modules if name in sys.modules}
    for name, members in modules.items():
        if members is None:
            # the import system's own word for "there is no such module"
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
