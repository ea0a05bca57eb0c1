"""The sentences about renditions: each names the rendition and what helps."""

import pytest

from fedistream.renditions.wording import MAX_REASON, absent, ended, sentence
from media.codec.ladder import Exit, NoteCode


@pytest.mark.parametrize("code", NoteCode)
def test_every_code_has_a_sentence_that_needs_no_value(code: NoteCode) -> None:
    text = sentence(code, "480p", {})
    assert "{" not in text
    assert "480p" in text or code is NoteCode.UNDECODABLE


def test_a_long_reason_is_cut() -> None:
    assert len(sentence(NoteCode.REFUSED, "480p", {"reason": "x" * 9999})) < MAX_REASON + 100


def test_the_end_of_a_child_is_told_by_its_last_words() -> None:
    assert ended(Exit(-9, True, "", 0)) == "it made no progress and was stopped"
    assert ended(Exit(1, False, "first\nno memory", 0)) == "it ended with 1: no memory"
    assert ended(Exit(-11, False, "", 0)) == "it ended with -11"
    assert "after 2 s" in absent("it ended with 1", 2.2)
