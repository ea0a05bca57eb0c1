"""A module that is imported when one of its names is first used."""

from importlib import import_module
from types import ModuleType


class LazyModule:
    """Stands for the module `name`. A program that never uses it neither loads it nor needs memory for it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        value: object = getattr(self.load(), attribute)
        setattr(self, attribute, value)  # from now on it is found without this method
        return value

    def load(self) -> ModuleType:
        """Import the module, if it was not imported yet. Threads may call this at the same time."""
        return import_module(self._name)
