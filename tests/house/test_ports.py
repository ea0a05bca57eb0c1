"""Ports are few and shared, and what a package is handed has one name everywhere."""

import ast
import re
from collections.abc import Iterator

from tests.house.tree import modules, nodes

MOST_PORTS = 50  # it may only become smaller
BAG = re.compile(r"\w*(Context|Services|Clocks)")  # what is handed to a package as one argument
NAMELESS = frozenset({"Neighbours", "Parts", "Near"})


def ports() -> Iterator[str]:
    """Every class that is a typing.Protocol itself."""
    for module in modules().values():
        for node in nodes(module, ast.ClassDef):
            if any(_is_protocol(base) for base in node.bases):
                yield f"{module.path}:{node.lineno}: {node.name}"


def _is_protocol(base: ast.expr) -> bool:
    if isinstance(base, ast.Subscript):
        base = base.value
    return isinstance(base, ast.Name) and base.id == "Protocol"


def test_ports_are_few() -> None:
    found = list(ports())
    # what several features need stands in core/ports.py; of another feature its values may be imported
    assert len(found) <= MOST_PORTS, "\n".join(found)


def test_a_context_is_called_by_its_own_name_everywhere() -> None:
    aliases = [
        f"{module.path}:{node.lineno}: {alias.name} as {alias.asname}"
        for module in modules().values()
        for node in nodes(module, ast.ImportFrom)
        for alias in node.names
        if alias.asname is not None and BAG.fullmatch(alias.name)
    ]
    assert not aliases


def test_a_context_is_named_for_its_package() -> None:
    nameless = [
        f"{module.path}:{node.lineno}: {node.name}"
        for module in modules().values()
        for node in nodes(module, ast.ClassDef)
        if node.name in NAMELESS
    ]
    assert not nameless
