"""The form of docstrings and comments: a subject or an imperative, and no pronoun that assumes a man."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import ROOT

FOLDERS = ("activitypub", "benchmarks", "examples", "fedistream", "media", "scripts", "tests")
# Openings of a clause without a subject: "Of all channels.", "Who may come.", "Whether it listens."
HEADLESS = re.compile(
    r"(Who|Whom|Whose|Whoever|What|Whatever|Whether|Where|Why|Which|How|Of|By|As|So|Such|Those|With|Without|From|For|In"
    r"|On|At|To|Until|Before|While|Or|And|None)\b"
)
PRONOUN = re.compile(r"\b([Hh]e|[Hh]im|[Hh]is|[Hh]imself|[Ww]hoever|[Ww]homever)\b(?!-)")


def sources() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each Python file."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text()


def docstrings(text: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found = ast.get_docstring(node)
            if found:
                yield node.body[0].lineno, found


def comments(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def headless(text: str) -> list[int]:
    """Return the lines of docstrings that begin a clause without a subject."""
    return [line for line, found in docstrings(text) if HEADLESS.match(found)]


def pronouns(text: str) -> list[int]:
    """Return the lines of docstrings and comments with a pronoun for a man."""
    return [line for line, found in (*docstrings(text), *comments(text)) if PRONOUN.search(found)]


def test_every_docstring_begins_with_a_subject_or_a_verb() -> None:
    found = [f"{name}:{line}" for name, text in sources() for line in headless(text)]
    assert not found, "begin with a subject or an imperative (docs/STYLE.md)"


def test_no_docstring_or_comment_calls_a_person_he() -> None:
    own = str(Path(__file__).relative_to(ROOT))
    found = [f"{name}:{line}" for name, text in sources() if name != own for line in pronouns(text)]
    assert not found, "a person is they, and the actor has a name (docs/STYLE.md)"


def test_faults_are_found() -> None:
    assert headless('"""Of all channels."""') == [1]
    assert headless('def f() -> None:\n    """Whether it listens."""') == [2]
    assert not headless('"""Return whether it listens."""\n"""Who is no docstring."""')
    assert pronouns("x = 1  # he may not") == [1]
    assert pronouns('"""Whoever asks."""') == [1]
    assert not pronouns('"""HE-AAC, and the theme of this."""  # HE-AAC')
