"""Rows and errors hold codes, and each code has a sentence."""

import ast
from collections.abc import Mapping
from enum import StrEnum
from gettext import NullTranslations
from typing import Any

import pytest

from fedistream.api import wording
from fedistream.api.pages import texts
from fedistream.broadcasts import wording as broadcasts
from fedistream.broadcasts.values import BroadcastEndReason
from fedistream.chat import wording as chat
from fedistream.chat.values import ActionKind, Cause
from fedistream.core.errors import Problem, Refusal
from fedistream.notices import wording as notices
from fedistream.notices.values import SkipReason
from tests.house.tree import modules, nodes


def said(sentences: Mapping[Any, str]) -> dict[str, str]:
    return dict(sentences)


SENTENCES: Mapping[type[StrEnum], Mapping[str, str]] = {
    BroadcastEndReason: said(broadcasts.ENDS),
    SkipReason: said(notices.REASONS),
    Cause: said(chat.CAUSES),
    ActionKind: said(texts.actions(NullTranslations())),
}
STORED: Mapping[type[StrEnum], int] = {BroadcastEndReason: 200, SkipReason: 200, Cause: 20, ActionKind: 32}
"""The lengths of their columns."""


@pytest.mark.parametrize("codes", SENTENCES)
def test_each_code_has_a_sentence_of_its_own(codes: type[StrEnum]) -> None:
    sentences = SENTENCES[codes]
    assert set(sentences) == set(codes)
    assert all(sentences.values())
    own = [sentence for sentence in sentences.values() if sentence != "{detail}"]
    assert len(set(own)) == len(own)


@pytest.mark.parametrize("codes", STORED)
def test_each_code_fits_into_its_column(codes: type[StrEnum]) -> None:
    assert max(len(code.value) for code in codes) <= STORED[codes]


def test_each_problem_has_a_sentence_and_a_code_that_no_other_has() -> None:
    codes = [problem.value for kind in Problem.__subclasses__() for problem in kind]
    assert len(codes) > 100
    assert sorted(codes) == sorted(problem.value for problem in wording.SENTENCES)
    assert len(set(codes)) == len(codes)


def kinds(kind: type[Refusal]) -> set[type[Refusal]]:
    return {kind}.union(*map(kinds, kind.__subclasses__()))


def test_refusals_carry_codes_and_no_sentences() -> None:
    names = {kind.__name__ for kind in kinds(Refusal)}
    calls = [
        (module.name, call.lineno, call.args[1:2] if call.func.id == "Invalid" else call.args[:2])
        for module in modules(folders=("fedistream",)).values()
        # bytes of HTTP and messages of the chat are refused by kinds of their own, with the same name
        if module.name not in {"fedistream.api.http.uvicorn_protocol", "fedistream.chat.rules"}
        for call in nodes(module, ast.Call)
        if isinstance(call.func, ast.Name) and call.func.id in names
    ]
    assert len(calls) > 250
    texts = (ast.Constant, ast.JoinedStr)
    found = [
        (name, line, ast.unparse(given))
        for name, line, arguments in calls
        for given in arguments
        if isinstance(given, texts) and (isinstance(given, ast.JoinedStr) or " " in str(given.value))
    ]
    assert found == [], "the sentence belongs to fedistream/api/wording.py"


def test_every_code_is_raised_somewhere() -> None:
    """A code without a caller is left over from an older version."""
    text = "".join(module.text for module in modules(folders=("fedistream",)).values())
    for kind in Problem.__subclasses__():
        for problem in kind:
            assert text.count(f"{kind.__name__}.{problem.name}") > 1, problem
