"""The repository as the house tests read it: its modules, and who imports whom, from the syntax trees."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("activitypub", "media", "fedistream")
Node = TypeVar("Node", bound=ast.AST)


@dataclass(frozen=True, slots=True)
class Module:
    """A module by its dotted name; `path` is relative to the root it was found under."""

    name: str
    path: Path
    tree: ast.Module
    text: str

    @property
    def package(self) -> str:
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]

    @property
    def lines(self) -> int:
        return self.text.count("\n")


@dataclass(frozen=True, slots=True)
class Import:
    """One import of one name: `target` is a module, as deep as there is one."""

    importer: str
    target: str
    where: str
    in_function: bool


def modules(root: Path = ROOT, folders: tuple[str, ...] = PACKAGES) -> dict[str, Module]:
    """Every Python module in the folders, by dotted name."""
    return {module.name: module for folder in folders for module in _modules(root, folder)}


@cache
def _modules(root: Path, folder: str) -> tuple[Module, ...]:
    """Parsed once: several tests look at the same folder."""
    found = []
    for path in sorted((root / folder).rglob("*.py")):
        relative = path.relative_to(root)
        parts = relative.with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text(encoding="utf-8")
        found.append(Module(name, relative, ast.parse(text, str(relative)), text))
    return tuple(found)


def nodes(module: Module, kind: type[Node]) -> Sequence[Node]:
    """Return the nodes of a kind, as `ast.walk` comes to them."""
    found: Sequence[Node] = _by_kind(module).get(kind, ())
    return found


@cache
def _by_kind(module: Module) -> Mapping[type[ast.AST], Sequence[Any]]:
    """Walk once through each tree: the tests together would do it twenty times."""
    found: dict[type[ast.AST], list[Any]] = defaultdict(list)
    for node in ast.walk(module.tree):
        found[type(node)].append(node)
    return found


def imports(module: Module, known: dict[str, Module]) -> Iterator[Import]:
    """Every import of the module except those for types only, which cost nothing and tie nothing at run time."""
    for node, in_function in _import_statements(module):
        for name in _names(node, module):
            target = name
            while target not in known and "." in target and target.rpartition(".")[0] in known:
                target = target.rpartition(".")[0]  # a class or a function of that module
            yield Import(module.name, target, f"{module.path}:{node.lineno}", in_function)


@cache
def _import_statements(module: Module) -> tuple[tuple[ast.Import | ast.ImportFrom, bool], ...]:
    return tuple(_statements(module.tree.body, in_function=False))


def _statements(body: Sequence[ast.AST], *, in_function: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Yield the imports of a block, and whether they are inside a function. Expressions contain none."""
    for child in body:
        if isinstance(child, ast.If) and _is_for_types(child.test):
            continue
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, in_function
        inside = in_function or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        for part in ("body", "handlers", "cases", "orelse", "finalbody"):
            yield from _statements(getattr(child, part, ()), in_function=inside)


def _is_for_types(test: ast.expr) -> bool:
    return "TYPE_CHECKING" in (getattr(test, "id", ""), getattr(test, "attr", ""))


def _names(node: ast.Import | ast.ImportFrom, module: Module) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    origin = node.module or ""
    if node.level:
        above = module.package.split(".")
        origin = ".".join(filter(None, [*above[: len(above) - node.level + 1], origin]))
    yield from (f"{origin}.{alias.name}" for alias in node.names)


def is_within(name: str, prefixes: tuple[str, ...] | frozenset[str]) -> bool:
    """Return whether the dotted name is one of the prefixes or lies under one."""
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)
