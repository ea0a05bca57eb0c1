import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from fedistream.core.log_buffer import BURST, EVERY_S, MAX_KINDS, MAX_MESSAGE, LogBuffer

NAME = "tests.logbook"


@pytest.fixture
def book() -> Iterator[LogBuffer]:
    """Yield a buffer of three lines on a logger of its own."""
    logger, book = logging.getLogger(NAME), LogBuffer(kept=3)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(book)
    yield book
    logger.removeHandler(book)


def test_lines_come_newest_first_with_their_level(book: LogBuffer) -> None:
    log = logging.getLogger(NAME)
    before = datetime.now(UTC)
    log.info("listening on %s", 1935)
    log.warning("refused %s from %s", "hevc", "192.0.2.1")
    newest, oldest = book.lines()
    assert (newest.message, newest.level) == ("refused hevc from 192.0.2.1", "warning")
    assert (oldest.message, oldest.level) == ("listening on 1935", "info")
    assert before <= oldest.at <= newest.at <= datetime.now(UTC)


def test_debugging_is_not_for_the_admin(book: LogBuffer) -> None:
    logging.getLogger(NAME).debug("chunk 3")
    assert book.lines() == ()


def test_only_the_last_lines_are_kept(book: LogBuffer) -> None:
    for n in range(5):
        logging.getLogger(NAME).info("line %d", n)
    assert [line.message for line in book.lines()] == ["line 4", "line 3", "line 2"]


def test_a_busy_hour_does_not_push_out_a_warning(book: LogBuffer) -> None:
    log = logging.getLogger(NAME)
    log.error("the disk is full")
    for n in range(10):
        log.info("line %d", n)
    assert [(line.message, line.level) for line in book.warnings()] == [("the disk is full", "error")]


def test_a_long_message_is_cut_and_a_traceback_is_left_to_the_operator(book: LogBuffer) -> None:
    log = logging.getLogger(NAME)
    try:
        raise ValueError("inner")
    except ValueError:
        log.exception("x" * (MAX_MESSAGE + 1))
    assert book.lines()[0].message == "x" * MAX_MESSAGE


def test_a_message_that_does_not_fit_its_arguments_harms_nobody(
    book: LogBuffer, capsys: pytest.CaptureFixture[str]
) -> None:
    book.handle(logging.LogRecord(NAME, logging.INFO, __file__, 1, "%d viewers", ("many",), None))
    assert book.lines() == ()
    assert "many" in capsys.readouterr().err


def flood(times: int, address: str = "192.0.2.%d") -> None:
    for n in range(times):
        logging.getLogger(NAME).warning("refused %s", address % (n % 256))


@pytest.fixture
def long_book() -> Iterator[LogBuffer]:
    logger, book = logging.getLogger(NAME), LogBuffer()
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(book)
    yield book
    logger.removeHandler(book)


def test_a_flood_of_one_kind_is_gathered_in_its_last_line_and_pushes_nothing_out(long_book: LogBuffer) -> None:
    log = logging.getLogger(NAME)
    log.warning("the disk is full")
    flood(BURST + 312)
    log.warning("the disk is still full")
    flood(1)
    for lines in (long_book.lines(), long_book.warnings()):
        assert len(lines) == BURST + 2
        assert lines[0].message == "refused 192.0.2.0 (… 313 times more)", "with the newest of them, and in its place"
        assert lines[1].message == "the disk is still full"
        assert lines[-1].message == "the disk is full"
        assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)


def test_a_line_whose_numbers_were_put_in_before_is_of_a_kind_too(long_book: LogBuffer) -> None:
    for n in range(10 * BURST):
        logging.getLogger(NAME).info(f"invalid request {n} from 192.0.2.{n}")
    assert len(long_book.lines()) == BURST


def test_kinds_and_levels_and_loggers_are_gathered_apart(long_book: LogBuffer) -> None:
    flood(10 * BURST)
    logging.getLogger(NAME).error("refused %s", "somebody")
    logging.getLogger(f"{NAME}.inner").warning("refused %s", "somebody")
    assert [line.message for line in long_book.lines()[:2]] == ["refused somebody"] * 2


def test_after_a_while_lines_stand_for_themselves_again(long_book: LogBuffer) -> None:
    def tell(at: float) -> None:
        record = logging.LogRecord(NAME, logging.INFO, __file__, 1, "refused %s", ("somebody",), None)
        record.created = at
        long_book.handle(record)

    for _ in range(BURST + 5):
        tell(1000)
    tell(1000 + EVERY_S)
    assert [line.message for line in long_book.lines()[:2]] == [
        "refused somebody",
        "refused somebody (… 5 times more)",
    ]
    tell(500)  # the clock was set back
    assert long_book.lines()[0].message == "refused somebody (… 1 times more)"


def test_only_so_many_kinds_are_remembered(long_book: LogBuffer) -> None:
    for n in range(MAX_KINDS + 10):
        name = "".join(chr(97 + int(digit)) for digit in str(n))
        logging.getLogger(NAME).info(name)
    assert len(long_book._kinds) == MAX_KINDS
