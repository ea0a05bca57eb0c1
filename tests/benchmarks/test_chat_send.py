import socket
import threading
from collections.abc import Iterator

import pytest

from benchmarks.chat_send import CONNECTIONS, Bot
from benchmarks.processes import Failed


class Answers:
    """Accepts a bot's connections, and answers each request with this status."""

    def __init__(self, listener: socket.socket, status: bytes) -> None:
        self.requests: list[bytes] = []
        self._listener, self._status = listener, status
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(CONNECTIONS)]
        for thread in self._threads:
            thread.start()

    def _serve(self) -> None:
        one, _ = self._listener.accept()
        with one:
            while request := one.recv(1 << 16):
                self.requests.append(request)
                one.sendall(b"HTTP/1.1 " + self._status + b"\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_a_bot_sends_equally_long_lines_with_its_token(listener: socket.socket) -> None:
    server = Answers(listener, b"200 OK")
    bot = Bot(listener.getsockname()[1], "secret")
    for number in range(3 * CONNECTIONS):
        bot.say(number)
    bot.close()
    assert len(server.requests) == 3 * CONNECTIONS
    assert len({len(request) for request in server.requests}) == 1
    assert all(b"Authorization: Bearer secret\r\n" in request for request in server.requests)


def test_a_line_that_is_refused_ends_the_measurement(listener: socket.socket) -> None:
    Answers(listener, b"401 Unauthorized")
    bot = Bot(listener.getsockname()[1], "wrong")
    bot.say(0)
    with pytest.raises(Failed, match="401"):
        bot.close()
