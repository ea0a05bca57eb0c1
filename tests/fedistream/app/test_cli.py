import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fedistream import __version__
from fedistream.app.cli import main
from fedistream.app.node import Welcome
from fedistream.app.serve_command import table


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A command line in an empty folder, with no FEDISTREAM_ variable set."""
    monkeypatch.chdir(tmp_path)
    return CliRunner()


def serve(run: CliRunner, *flags: str, env: dict[str, str] | None = None) -> Result:
    """Start a node that cannot start: each of these tests is about what it says."""
    return run.invoke(main, ["serve", *flags], env=env)


def one_line(result: Result) -> str:
    """Return what the operator reads on the terminal's error output, without the log and what a slow start is doing."""
    lines = [
        line
        for line in result.stderr.splitlines()
        if line.startswith(("fedistream:", "Error:")) and not line.endswith(" ...")
    ]
    assert len(lines) == 1, result.stderr
    assert "Traceback" not in result.output
    return lines[0]


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_the_version_is_told(run: CliRunner) -> None:
    assert run.invoke(main, ["--version"]).output == f"fedistream, version {__version__}\n"


def test_help_names_every_flag_with_its_variable(run: CliRunner) -> None:
    text = run.invoke(main, ["serve", "--help"]).output
    for flag, variable in (("--port", "FEDISTREAM_PORT"), ("--stream-key", "FEDISTREAM_STREAM_KEY")):
        assert flag in text
        assert variable in text


def test_a_taken_web_port_is_one_line_and_code_4(run: CliRunner, taken: int) -> None:
    result = serve(run, "--host", "127.0.0.1", "--port", str(taken), "--rtmp-port", "0")
    assert "is in use by another program" in one_line(result)
    assert result.exit_code == 4


def test_a_taken_rtmp_port_is_one_line_and_code_4(run: CliRunner, taken: int) -> None:
    result = serve(run, "--host", "127.0.0.1", "--port", "0", "--rtmp-port", str(taken))
    assert "--rtmp-port" in one_line(result)
    assert result.exit_code == 4


def test_a_damaged_database_is_one_line_and_code_3_and_stays_as_it_was(run: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "fedistream.db"
    file.write_bytes(b"this is no database, whatever its name says " * 100)
    before = file.read_bytes()
    result = serve(run, "--host", "127.0.0.1", "--port", "0", "--rtmp-port", "0")
    assert "damaged or no database" in one_line(result)
    assert result.exit_code == 3
    assert file.read_bytes() == before


def test_a_database_of_a_newer_version_is_one_line_and_code_3(run: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with sqlite3.connect(tmp_path / "data" / "fedistream.db") as rows:
        rows.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        rows.execute("INSERT INTO alembic_version VALUES ('9999')")
    rows.close()
    result = serve(run, "--host", "127.0.0.1", "--port", "0", "--rtmp-port", "0")
    assert "newer version" in one_line(result)
    assert result.exit_code == 3


def test_a_database_url_that_cannot_be_understood_is_one_line_and_code_3(run: CliRunner) -> None:
    result = serve(run, "--host", "127.0.0.1", "--port", "0", "--database-url", "mysql://x/y")
    assert one_line(result)
    assert result.exit_code == 3


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--stream-key", "a b"), "stream key"),
        (("--rtmps-port", "0"), "--tls-cert"),
        (("--port", "70000"), "--port"),
        (("--log-level", "loud"), "--log-level"),
        (("--metrics-token", "short"), "--metrics-token must have at least 16 ASCII characters"),
        (("--geoip-database", "none.mmdb"), "none.mmdb is not a usable GeoIP database"),
    ],
)
def test_a_flag_that_cannot_be_is_one_line_and_code_2(run: CliRunner, flags: tuple[str, ...], words: str) -> None:
    result = serve(
        run, "--host", "127.0.0.1", "--rtmp-port", "0", *(() if "--port" in flags else ("--port", "0")), *flags
    )
    assert words in one_line(result)
    assert result.exit_code == 2


def test_flags_win_over_variables_and_variables_over_the_file(run: CliRunner, tmp_path: Path, taken: int) -> None:
    (tmp_path / "fedistream.toml").write_text(
        f'host = "127.0.0.1"\nport = {taken}\nrtmp-port = 0\ndata_dir = "elsewhere"\n'
    )
    assert "in use" in one_line(serve(run))
    assert (tmp_path / "elsewhere").is_dir()
    assert "70000" in one_line(serve(run, env={"FEDISTREAM_PORT": "70000"}))
    assert "80000" in one_line(serve(run, "--port", "80000", env={"FEDISTREAM_PORT": "70000"}))


@pytest.mark.parametrize(
    ("text", "words"),
    [("prot = 80\n", "prot"), ("port = \n", "cannot be read"), ('port = "eighty"\n', "eighty")],
)
def test_a_file_that_cannot_be_used_is_one_line_and_code_2(
    run: CliRunner, tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "fedistream.toml").write_text(text)
    result = serve(run)
    assert words in one_line(result)
    assert result.exit_code == 2


def test_a_file_that_was_named_has_to_be_there(run: CliRunner) -> None:
    result = serve(run, "--config", "none.toml")
    assert "there is no file none.toml" in one_line(result)
    assert result.exit_code == 2


def test_the_table_shows_secrets_only_when_they_are_new() -> None:
    welcome = Welcome("http://localhost:8080/", "", "rtmp://localhost/live", "", "the-key", "the-password")
    shown = table(welcome)
    assert "the-password  (shown this once)" in shown
    assert "the-key" in shown
    assert "http://localhost:8080/admin/" in shown
    later = table(Welcome("http://localhost:8080/", "", "rtmp://localhost/live", "", "", ""))
    assert "password" not in later.lower()
    assert "on the admin page" in later
    given = table(Welcome("http://localhost:8080/", "", "rtmp://localhost/live", "", "", ""), key_given=True)
    assert "as given by --stream-key" in given
    assert "on the admin page" not in given


def test_the_table_names_the_public_address_and_rtmps() -> None:
    shown = table(Welcome("http://localhost:8080/", "https://tv.example/", "rtmp://h/live", "rtmps://h/live", "", ""))
    assert "https://tv.example/admin/" in shown
    assert "rtmps://h/live" in shown
