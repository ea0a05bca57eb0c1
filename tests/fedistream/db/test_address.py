"""The operator's URL, read or refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedistream.db import BadAddress
from fedistream.db.address import PostgresAddress, SqliteAddress, parse
from fedistream.db.orm import config
from tests.kit.examples import examples


@pytest.mark.parametrize("path", ["data/node.db", "/srv/node data/100%/#1.db", "./x.db", "/srv/ü.db"])
def test_a_path_is_taken_as_it_stands(path: str) -> None:
    assert parse(f"sqlite://{path}") == SqliteAddress(Path(path))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_both_names_of_postgresql_are_understood(scheme: str) -> None:
    assert parse(f"{scheme}://ann:s%40cret%2F@db.example:5433/node?sslmode=verify-full") == PostgresAddress(
        host="db.example", port=5433, user="ann", password="s@cret/", database="node", sslmode="verify-full"
    )


def test_what_is_left_out_is_left_to_the_environment() -> None:
    assert parse("postgresql:///") == PostgresAddress(host=None, port=None, user=None, password=None)


def test_a_sockets_folder_and_the_pool_are_parameters() -> None:
    found = parse("postgresql://ann@/node?host=/run/postgresql&minsize=1&maxsize=20")
    assert isinstance(found, PostgresAddress)
    assert (found.host, found.pool) == ("/run/postgresql", (1, 20))


@pytest.mark.parametrize(
    "url",
    [
        *("", "data/node.db", "sqlite:data.db", "mysql://host/db", "postgresql:/host", "SQLITE://x.db"),
        *("sqlite://", "sqlite://:memory:", "sqlite://data/", "sqlite://x.db?mode=ro", "sqlite://a\0b"),
        *("postgresql://host:port/db", "postgresql://host:99999/db", "postgresql://[::1/db"),
        *("postgresql://h/d?minsize=0", "postgresql://h/d?minsize=9&maxsize=8", "postgresql://h/d?maxsize=101"),
        *("postgresql://h/d?maxsize=many", "postgresql://h/d?maxsize=\u0665", "postgresql://h/d?sslmode=maybe"),
        *("postgresql://h/d?pool=3", "postgresql://h/d?host", "postgresql://h/d?maxsize="),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(BadAddress) as refusal:
        parse(url)
    assert len(str(refusal.value).splitlines()) == 1


def test_no_password_is_shown() -> None:
    address = parse("postgresql://ann:s3cret@db.example/node")
    assert str(address) == "postgresql://ann@db.example/node"
    assert "s3cret" not in repr(address)
    with pytest.raises(BadAddress) as refusal:
        parse("postgresql://ann:s3cret@db.example:s3cret/node")
    assert "s3cret" not in str(refusal.value)


@examples(200)
@given(st.text(max_size=40), st.sampled_from(["", "sqlite://", "postgres://", "postgresql://ann:pw@h:1/d?"]))
def test_any_text_is_read_or_refused(text: str, scheme: str) -> None:
    try:
        address = parse(scheme + text)
    except BadAddress:
        return
    assert len(str(address).splitlines()) == 1
    assert config(address)["use_tz"] is True


def test_the_driver_is_told_what_the_url_says() -> None:
    found = config(parse("postgresql://ann:pw@db.example/node?sslmode=require&minsize=3&maxsize=4"))
    credentials = found["connections"]["postgres"]["credentials"]
    assert credentials["ssl"] == "require"
    assert (credentials["minsize"], credentials["maxsize"]) == (3, 4)
    assert (credentials["host"], credentials["port"], credentials["database"]) == ("db.example", 5432, "node")
