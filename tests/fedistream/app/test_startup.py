import socket
from pathlib import Path

import pytest

from fedistream.app import startup
from fedistream.app.config import Config
from fedistream.app.startup import BAD_DATA, BAD_OPTION, PORT_TAKEN, StartupError
from tests.kit import certificates


def test_the_data_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    with startup.locked_data_dir(tmp_path / "deep" / "data"):
        assert (tmp_path / "deep" / "data").stat().st_mode & 0o077 == 0


def test_a_data_folder_belongs_to_one_node_at_a_time(tmp_path: Path) -> None:
    second = startup.locked_data_dir(tmp_path)
    with (
        startup.locked_data_dir(tmp_path),
        pytest.raises(StartupError, match="another node is running") as problem,
        second,
    ):
        pass
    assert problem.value.code == BAD_DATA
    with startup.locked_data_dir(tmp_path):
        pass


def test_a_data_folder_that_is_a_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StartupError, match="cannot be used") as problem, startup.locked_data_dir(tmp_path / "data"):
        pass
    assert problem.value.code == BAD_DATA


def test_port_0_is_any_free_port() -> None:
    with startup.bound_socket("127.0.0.1", 0) as web:
        assert web.getsockname()[1] > 0


def test_a_taken_port_is_a_problem_that_names_the_way_out() -> None:
    with startup.bound_socket("127.0.0.1", 0) as first:
        startup.listen(first, 0)
        second = startup.bound_socket("127.0.0.1", first.getsockname()[1])
        with pytest.raises(StartupError, match=r"in use .* --port") as problem, second:
            pass
    assert problem.value.code == PORT_TAKEN


def test_a_port_is_closed_until_it_is_listened_on() -> None:
    with startup.bound_socket("127.0.0.1", 0) as web:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(web.getsockname())
        startup.listen(web, 0)
        socket.create_connection(web.getsockname()).close()


def test_of_two_that_are_bound_one_listens_and_the_other_has_a_problem() -> None:
    with startup.bound_socket("127.0.0.1", 0) as first, startup.bound_socket(*first.getsockname()) as second:
        startup.listen(first, 0)
        with pytest.raises(StartupError, match=r"in use .* --port") as problem:
            startup.listen(second, first.getsockname()[1])
    assert problem.value.code == PORT_TAKEN


def test_an_address_that_is_not_ours_is_a_problem() -> None:
    with (
        pytest.raises(StartupError, match=r"cannot listen on 192\.0\.2\.1") as problem,
        startup.bound_socket("192.0.2.1", 0),
    ):
        pass
    assert problem.value.code == PORT_TAKEN


def test_ipv6_can_be_listened_on() -> None:
    with startup.bound_socket("::1", 0) as web:
        assert web.family is socket.AF_INET6


def test_without_an_rtmps_port_there_is_no_certificate() -> None:
    assert startup.tls(Config()) is None


def test_an_rtmps_port_needs_a_certificate_and_its_key() -> None:
    with pytest.raises(StartupError, match="needs --tls-cert and --tls-key") as problem:
        startup.tls(Config(rtmps_port=1936))
    assert problem.value.code == BAD_OPTION


def test_a_certificate_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("no certificate")
    for cert in (tmp_path / "cert.pem", tmp_path / "none.pem"):
        with pytest.raises(StartupError, match="cannot be used") as problem:
            startup.tls(Config(rtmps_port=1936, tls_cert=cert, tls_key=cert))
        assert problem.value.code == BAD_OPTION


def test_a_certificate_with_its_key_is_taken(tmp_path: Path) -> None:
    (tmp_path / "node.pem").write_bytes(certificates.pem())
    options = Config(rtmps_port=1936, tls_cert=tmp_path / "node.pem", tls_key=tmp_path / "node.pem")
    assert startup.tls(options) is not None


def test_the_proxies_of_the_rtmp_ports_are_the_trusted_ones_and_none_unless_asked_for() -> None:
    trusted = "127.0.0.1, 10.0.0.0/8,2001:db8::/32,unix:"
    is_proxy = startup.rtmp_proxies(Config(rtmp_proxy_protocol=True, trusted_proxies=trusted))
    assert [*map(is_proxy, ("127.0.0.1", "10.1.2.3", "::ffff:10.1.2.3", "2001:db8::5"))] == [True] * 4
    assert [*map(is_proxy, ("127.0.0.2", "11.0.0.1", "2001:db9::5", "::1", "", "name"))] == [False] * 6
    assert startup.rtmp_proxies(Config(rtmp_proxy_protocol=True, trusted_proxies="*"))("192.0.2.1")
    assert not startup.rtmp_proxies(Config(trusted_proxies="*"))("192.0.2.1")


def test_proxies_on_the_rtmp_ports_have_to_be_named() -> None:
    with pytest.raises(StartupError, match="needs the proxies' addresses") as problem:
        startup.rtmp_proxies(Config(rtmp_proxy_protocol=True, trusted_proxies=""))
    assert problem.value.code == BAD_OPTION


@pytest.mark.parametrize("token", ["short", "é" * 20])
def test_a_token_for_metrics_that_could_be_guessed_is_refused(token: str) -> None:
    with pytest.raises(StartupError, match="--metrics-token must have at least 16 ASCII characters"):
        startup.check_metrics_token(token)


@pytest.mark.parametrize("token", ["", "a-token-for-the-scraper"])
def test_a_long_token_for_metrics_or_none_is_accepted(token: str) -> None:
    startup.check_metrics_token(token)
