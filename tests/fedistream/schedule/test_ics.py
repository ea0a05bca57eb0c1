"""The calendar feed, read by a published parser."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from fedistream.core.plain_text import visible
from fedistream.schedule.ics import calendar, fold
from fedistream.schedule.values import ScheduledEvent, Status
from tests.kit.examples import examples

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def event(
    name: str = "Pots", description: str = "", status: Status = Status.SCHEDULED, number: int = 1
) -> ScheduledEvent:
    at = NOW + timedelta(hours=number)
    return ScheduledEvent(f"event{number}", 1, "", name, description, at, 90, "Europe/Berlin", status, NOW, NOW)


def test_a_parser_reads_what_was_written() -> None:
    awkward = "Pots; pans, and \\ kilns\nwith a second line, \N{HOT BEVERAGE} and " + "long words " * 20
    written = calendar(
        [event("Tea, and pots", awkward)], "Pottery; live", "https://node.example/schedule/", "owncast", NOW
    )
    read = Calendar.from_ical(written)
    assert "\r\nNAME:Pottery\\; live\r\n" in written
    (found,) = read.walk("VEVENT")
    assert found["UID"] == "event1@owncast"
    assert found["SUMMARY"] == "Tea, and pots"
    assert found["DESCRIPTION"] == awkward
    assert found["URL"] == "https://node.example/schedule/event1"
    assert found["STATUS"] == "CONFIRMED"
    assert found.decoded("DTSTART") == NOW + timedelta(hours=1)
    assert found.decoded("DTEND") - found.decoded("DTSTART") == timedelta(minutes=90)
    assert not read.errors
    assert not found.errors


def test_a_cancelled_event_says_so() -> None:
    (found,) = Calendar.from_ical(calendar([event(status=Status.CANCELLED)], "", "", "owncast", NOW)).walk("VEVENT")
    assert found["STATUS"] == "CANCELLED"


def test_lines_end_with_cr_and_lf_and_have_at_most_75_octets() -> None:
    written = calendar([event("\N{CLINKING BEER MUGS}" * 60, "a" * 5000)], "x", "", "owncast", NOW)
    assert written.endswith("END:VCALENDAR\r\n")
    lines = written.encode().split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert b"\n" not in b"".join(lines)
    for line in lines:
        line.decode()  # no character is split


@examples(100)
@given(st.text(max_size=300))
def test_folding_loses_nothing(text: str) -> None:
    line = "X:" + "".join(character for character in text if character not in "\r\n")
    assert fold(line).removesuffix("\r\n").replace("\r\n ", "") == line


@examples(100)
@given(st.text(max_size=100), st.text(max_size=300))
def test_any_name_and_description_are_read_again(name: str, description: str) -> None:
    name, description = (" ".join(visible(name).split()) or "x"), visible(description).strip()
    assert len(Calendar.from_ical(calendar([event(name, description)], name, "", "owncast", NOW)).walk("VEVENT")) == 1


def test_ten_thousand_events_are_written_and_read() -> None:
    written = calendar([event(number=number) for number in range(10_000)], "x", "", "owncast", NOW)
    assert written.count("BEGIN:VEVENT\r\n") == 10_000
    assert len(written) < 3_000_000
