"""The form of docstrings and comments: a subject or an imperative, and no pronoun that assumes a man."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import ROOT, Module, modules, nodes

FOLDERS = ("activitypub", "benchmarks", "examples", "fedistream", "media", "scripts", "tests")
# Openings of a clause without a subject: "Of all channels.", "Who may come.", "Whether it listens."
HEADLESS = re.compile(
    r"(Who|Whom|Whose|Whoever|What|Whatever|Whether|Where|Why|Which|How|Of|By|As|So|Such|Those|With|Without|From|For|In"
    r"|On|At|To|Until|Before|While|Or|And|None)\b"
)
PRONOUN = re.compile(r"\b([Hh]e|[Hh]im|[Hh]is|[Hh]imself|[Ww]hoever|[Ww]homever)\b(?!-)")

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def docstrings(module: Module) -> Iterator[tuple[int, str]]:
    documented: list[Documented] = [module.tree, *nodes(module, ast.ClassDef)]
    documented += [*nodes(module, ast.FunctionDef), *nodes(module, ast.AsyncFunctionDef)]
    for node in documented:
        found = ast.get_docstring(node, clean=False)
        if found:
            yield node.body[0].lineno, found.lstrip()


def comments(module: Module) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def headless(module: Module) -> list[int]:
    """Return the lines of docstrings that begin a clause without a subject."""
    return [line for line, found in docstrings(module) if HEADLESS.match(found)]


def pronouns(module: Module) -> list[int]:
    """Return the lines of docstrings and comments with a pronoun for a man."""
    if not PRONOUN.search(module.text):
        return []  # to find the comments takes ten times as long as to parse
    return [line for line, found in (*docstrings(module), *comments(module)) if PRONOUN.search(found)]


def test_every_docstring_begins_with_a_subject_or_a_verb() -> None:
    found = [f"{module.path}:{line}" for module in modules(folders=FOLDERS).values() for line in headless(module)]
    assert not found, "begin with a subject or an imperative (docs/STYLE.md)"


def test_no_docstring_or_comment_calls_a_person_he() -> None:
    own = Path(__file__).relative_to(ROOT)
    read = [module for module in modules(folders=FOLDERS).values() if module.path != own]
    found = [f"{module.path}:{line}" for module in read for line in pronouns(module)]
    assert not found, "a person is they, and the actor has a name (docs/STYLE.md)"


def written(text: str) -> Module:
    return Module("written", Path("written.py"), ast.parse(text), text)


def test_faults_are_found() -> None:
    assert headless(written('"""Of all channels."""')) == [1]
    assert headless(written('def f() -> None:\n    """Whether it listens."""')) == [2]
    assert not headless(written('"""Return whether it listens."""\n"""Who is no docstring."""'))
    assert pronouns(written("x = 1  # he may not")) == [1]
    assert pronouns(written('"""Whoever asks."""')) == [1]
    assert not pronouns(written('"""HE-AAC, and the theme of this."""  # HE-AAC'))
