"""The preconditions of a process: its data folder, its ports, its certificate.

Each fault is a `StartupError`: one line for the operator, and an exit code.
"""

import contextlib
import errno
import fcntl
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

from fedistream.app.config import Config
from fedistream.core.client_network import plain

LISTEN_BACKLOG = 2048
LEAST_TOKEN = 16  # characters of --metrics-token: wrong ones are not counted


class StartupError(Exception):
    """The node cannot start, or cannot go on. The text is one line for the operator; `code` is the process's exit
    code."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


BAD_OPTION, BAD_DATA, PORT_TAKEN, DIED = 2, 3, 4, 5


def tls(options: Config) -> ssl.SSLContext | None:
    """Return the TLS context of the RTMPS port. Raises StartupError."""
    if options.rtmps_port is None:
        return None
    if options.tls_cert is None or options.tls_key is None:
        raise StartupError("--rtmps-port needs --tls-cert and --tls-key", BAD_OPTION)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(options.tls_cert, options.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise StartupError(f"the certificate or its key cannot be used: {error}", BAD_OPTION) from error
    return context


def rtmp_proxies(options: Config) -> Callable[[str], bool]:
    """Return a function that tells whether an address is a TCP proxy that sends a PROXY protocol header. Raises
    StartupError."""
    names = [name.strip() for name in options.trusted_proxies.split(",") if name.strip()]
    if not options.rtmp_proxy_protocol:
        return lambda address: False
    if "*" in names:
        return lambda address: True
    networks = []
    for name in names:
        # the web server accepts other names too, for UNIX sockets; none of them connects over TCP
        with contextlib.suppress(ValueError):
            networks.append(ipaddress.ip_network(name, strict=False))
    if not networks:
        raise StartupError("--rtmp-proxy-protocol needs the proxies' addresses in --trusted-proxies", BAD_OPTION)

    def is_proxy(address: str) -> bool:
        try:
            found = plain(ipaddress.ip_address(address.partition("%")[0]))
        except ValueError:
            return False
        return any(found.version == network.version and found in network for network in networks)

    return is_proxy


@contextlib.contextmanager
def locked_data_dir(data_dir: Path) -> Iterator[None]:
    """Create the data folder and lock it for this process. Raises StartupError."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (data_dir / "node.lock").open("w")
    except OSError as error:
        raise StartupError(f"the data folder {data_dir} cannot be used: {error.strerror}", BAD_DATA) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StartupError(f"another node is running on the data folder {data_dir}", BAD_DATA) from error
        yield


@contextlib.contextmanager
def bound_socket(host: str, port: int) -> Iterator[socket.socket]:
    """Return the web server's socket, bound and not listening yet. Raises StartupError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as web:
        web.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            web.bind((host, port))
        except (OSError, OverflowError) as error:
            raise cannot_listen(host, port, "--port", error) from error
        web.setblocking(False)
        yield web


def listen(web: socket.socket, port: int) -> None:
    """Accept connections from now on. Raises StartupError: two bound sockets that do not listen may share a port."""
    try:
        web.listen(LISTEN_BACKLOG)
    except OSError as error:
        raise cannot_listen(web.getsockname()[0], port, "--port", error) from error


def cannot_listen(host: str, port: int, option: str, error: Exception) -> StartupError:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        text = f"port {port} is in use by another program: stop it, or choose another port with {option}"
        return StartupError(text, PORT_TAKEN)
    return StartupError(f"cannot listen on {host} port {port}: {error}", PORT_TAKEN)


def check_metrics_token(token: str) -> None:
    """Raise StartupError for a token that could be guessed; without one /metrics is closed."""
    if token and (len(token) < LEAST_TOKEN or not token.isascii()):
        raise StartupError(f"--metrics-token must have at least {LEAST_TOKEN} ASCII characters", BAD_OPTION)
