import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from fedistream.logbook import MAX_MESSAGE, Logbook

NAME = "tests.logbook"


@pytest.fixture
def book() -> Iterator[Logbook]:
    """A logbook of three lines on a logger of its own."""
    logger, book = logging.getLogger(NAME), Logbook(kept=3)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(book)
    yield book
    logger.removeHandler(book)


def test_lines_come_newest_first_with_their_level(book: Logbook) -> None:
    log = logging.getLogger(NAME)
    before = datetime.now(UTC)
    log.info("listening on %s", 1935)
    log.warning("refused %s from %s", "hevc", "192.0.2.1")
    newest, oldest = book.lines()
    assert (newest.message, newest.level) == ("refused hevc from 192.0.2.1", "warning")
    assert (oldest.message, oldest.level) == ("listening on 1935", "info")
    assert before <= oldest.at <= newest.at <= datetime.now(UTC)


def test_debugging_is_not_for_the_admin(book: Logbook) -> None:
    logging.getLogger(NAME).debug("chunk 3")
    assert book.lines() == ()


def test_only_the_last_lines_are_kept(book: Logbook) -> None:
    for n in range(5):
        logging.getLogger(NAME).info("line %d", n)
    assert [line.message for line in book.lines()] == ["line 4", "line 3", "line 2"]


def test_a_busy_hour_does_not_push_out_a_warning(book: Logbook) -> None:
    log = logging.getLogger(NAME)
    log.error("the disk is full")
    for n in range(10):
        log.info("line %d", n)
    assert [(line.message, line.level) for line in book.warnings()] == [("the disk is full", "error")]


def test_a_long_message_is_cut_and_a_traceback_is_left_to_the_operator(book: Logbook) -> None:
    log = logging.getLogger(NAME)
    try:
        raise ValueError("inner")
    except ValueError:
        log.exception("x" * (MAX_MESSAGE + 1))
    assert book.lines()[0].message == "x" * MAX_MESSAGE


def test_a_message_that_does_not_fit_its_arguments_harms_nobody(
    book: Logbook, capsys: pytest.CaptureFixture[str]
) -> None:
    book.handle(logging.LogRecord(NAME, logging.INFO, __file__, 1, "%d viewers", ("many",), None))
    assert book.lines() == ()
    assert "many" in capsys.readouterr().err
