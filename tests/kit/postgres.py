"""A PostgreSQL server of the tests' own: Debian's binaries, data in a temporary folder."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest

SOMEBODY = "nobody"  # the server refuses to run as root
BINARIES = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server. `host` is the folder of its socket; it listens on `port` of 127.0.0.1 as well. `copying` is how
    it copies a database."""

    host: Path
    port: int
    user: str
    numbers: "count[int]"
    copying: str

    def url(self, database: str) -> str:
        return f"postgresql://{self.user}@:{self.port}/{database}?host={self.host}"

    def make(self, template: str = "template1") -> str:
        """A new database, and its URL."""
        name = f"test{next(self.numbers)}"
        self.say(f"CREATE DATABASE {name} TEMPLATE {template} {self.copying}")
        return self.url(name)

    def say(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())


def binaries() -> Path | None:
    """The newest installed server's."""
    found = [path for path in BINARIES.glob("*/bin") if (path / "initdb").exists() and (path / "pg_ctl").exists()]
    return max(found, key=lambda path: float(path.parent.name), default=None)


@contextlib.contextmanager
def running(port: int) -> Iterator[Postgres]:
    """Start a server, and remove it and its data in the end."""
    programs = binaries()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a short path: a socket's name has 107 bytes
    as_whom = ["runuser", "-u", SOMEBODY, "--"] if os.geteuid() == 0 else []
    if as_whom:
        shutil.chown(folder, SOMEBODY)
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*as_whom, str(programs / program), *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    # nothing has to outlive the server, and no test lasts until a vacuum
    careless = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off", "wal_level=minimal")
    settings = " ".join(f"-c {each}" for each in (*careless, "max_wal_senders=0", "listen_addresses=127.0.0.1"))
    options = f"-k {folder} -p {port} {settings}"
    # by files, and not by writing each page to the log: half of the CPU. Before version 15 there was no choice.
    copying = "STRATEGY file_copy" if float(programs.parent.name) >= 15 else ""
    log = folder / "log"
    try:
        run("initdb", "-D", str(data), "-U", "tester", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        run("pg_ctl", "-D", str(data), "-w", "-t", "60", "-l", str(log), "-o", options, "start")
        try:
            yield Postgres(folder, port, "tester", count(1), copying)
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests; each makes its own database."""
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed (apt install postgresql)")
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        pytest.skip("PostgreSQL refuses to run as root, and there is no runuser to be somebody else")
    with running(free_port()) as server:
        yield server


def name_of(url: str) -> str:
    """The name of the database that the URL leads to."""
    return url.partition("?")[0].rpartition("/")[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
