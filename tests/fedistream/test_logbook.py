import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from fedistream.logbook import ALIKE, ALIKE_S, MAX_MESSAGE, Logbook

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


def test_what_strangers_cause_does_not_push_out_what_the_admin_has_to_read() -> None:
    book = Logbook()

    def refused(at: float, level: int = logging.WARNING) -> None:
        record = logging.LogRecord(NAME, level, "rtmp.py", 12, "refused %s", ("8.8.8.8",), None)
        record.created = at
        book.handle(record)

    book.handle(logging.LogRecord(NAME, logging.ERROR, "disk.py", 7, "the disk is full", (), None))
    for number in range(2000):
        refused(1000 + number / 100)
    assert len(book.warnings()) == 1 + ALIKE
    assert book.warnings()[-1].message == "the disk is full"
    refused(1000 + ALIKE_S)
    assert book.lines()[0].message == f"refused 8.8.8.8 (and {2000 - ALIKE} more like it)"
    refused(1001 + ALIKE_S)
    assert book.lines()[0].message == "refused 8.8.8.8"


def test_a_clock_that_is_put_back_does_not_silence_the_log() -> None:
    book = Logbook()
    for at in (5000.0,) * ALIKE + (100.0,):
        record = logging.LogRecord(NAME, logging.INFO, "clock.py", 1, "tick", (), None)
        record.created = at
        book.handle(record)
    assert len(book.lines()) == ALIKE + 1
