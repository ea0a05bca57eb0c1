"""Facades: a package that offers names of its modules, each module imported when one of its names is first used (PEP
562). So `import media.rtmp.amf0` loads neither asyncio nor ssl, although `from media.rtmp import RtmpServer` works.
"""

import sys
from collections.abc import Callable
from importlib import import_module


def offer(package: str, /, **names: str) -> Callable[[str], object]:
    """Return the `__getattr__` of a package that offers `names`: by the module that defines them, with blanks between.

    It hides typing mistakes from mypy, which has to see the same names as imports instead (`if TYPE_CHECKING`).
    """
    where = {name: module for module, offered in names.items() for name in offered.split()}

    def __getattr__(name: str) -> object:
        if name not in where:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(f"{package}.{where[name]}"), name)
        setattr(sys.modules[package], name, value)  # the next time it is an attribute like any other
        return value

    return __getattr__
