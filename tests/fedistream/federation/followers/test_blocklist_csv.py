"""Lists of domains as servers share them, read and written; odd ones are told of and not taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedistream.core.errors import Invalid
from fedistream.federation.followers.blocklist_csv import HEAD, MAX_LINES, MAX_TEXT, MAX_WRONG, BlockList, parse, write
from tests.kit.examples import examples
from tests.kit.invalid import invalid

SHARED = """\ufeff#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate
Bad.example,suspend,TRUE,TRUE,"spam, and
more of it",FALSE
mild.example,silence,FALSE,FALSE,,FALSE
*.worse.example,suspend,TRUE,TRUE,,FALSE
b*d.example,suspend,TRUE,TRUE,,TRUE
bad.example,suspend,TRUE,TRUE,again,FALSE
"""


def test_a_shared_list_is_read_by_its_head() -> None:
    assert parse(SHARED) == BlockList(("bad.example", "worse.example"), (), 1, ("b*d.example,suspend,TRUE,TRUE,,TRUE",))


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("a.example\nb.example\r\n\n# a remark\n a.example. \n", ("a.example", "b.example")),
        ("domain\na.example\n", ("a.example",)),
        ("severity,domain\nsuspend,a.example\nnoop,b.example\n", ("a.example",)),
        ("a.example,whatever else\n", ("a.example",)),
    ],
)
def test_plain_lists_and_other_columns_are_read_too(text: str, domains: tuple[str, ...]) -> None:
    assert parse(text).domains == domains


@pytest.mark.parametrize(
    "text", ["", "\n\n", "#domain,#severity\n", "no domain here", "a..example", "x" * (MAX_TEXT + 1)]
)
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse(text)


def test_a_list_without_end_is_refused_before_it_is_read() -> None:
    with invalid("lines"):
        parse("a.example\n" * (MAX_LINES + 1))


def test_of_many_wrong_lines_the_first_are_told() -> None:
    found = parse("a.example\n" + "nothing\n" * 100)
    assert (found.domains, len(found.wrong)) == (("a.example",), MAX_WRONG)


@examples(100)
@given(st.lists(st.from_regex(r"[a-z]{1,8}\.[a-z]{2,8}", fullmatch=True), min_size=1, max_size=20, unique=True))
def test_what_is_written_is_read_again(domains: list[str]) -> None:
    text = write(domains)
    assert text.splitlines()[0] == ",".join(HEAD)
    assert parse(text) == BlockList(tuple(domains), (), 0, ())


@examples(100)
@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except Invalid:
        return
    assert found.domains or found.accounts or found.milder


@pytest.mark.parametrize(
    ("text", "accounts"),
    [
        ("Eve@Bad.example\n@mallory@worse.example:8443\n", ("eve@bad.example", "mallory@worse.example:8443")),
        ("Account address,Hide notifications\neve@bad.example,true\n", ("eve@bad.example",)),
        ("eve@bad.example\nall.example\neve@bad.example", ("eve@bad.example",)),
    ],
)
def test_people_are_read_from_the_files_that_mastodon_exports(text: str, accounts: tuple[str, ...]) -> None:
    """blocked_accounts.csv has no head, muted_accounts.csv has one."""
    assert (parse(text).accounts, parse(text).wrong) == (accounts, ())


def test_what_is_nobodys_handle_is_told() -> None:
    found = parse("eve@bad.example\n@@\na b@bad.example\neve@\n")
    assert (found.accounts, len(found.wrong)) == (("eve@bad.example",), 3)
