"""A bot's 20 lines a second to 200 chat sockets: `python -m benchmarks.chat_send`.

The lines are sent with `POST /api/integrations/chat/send`; an age counts from the request to the frame. The reach is
what a real Owncast 0.2.3 took for the same: 1.0 s of CPU in ten seconds, and 20 ms.
"""

import asyncio
import json
import secrets
import socket
import time
from base64 import b64encode
from collections import deque
from http.client import HTTPConnection
from pathlib import Path

from benchmarks import followed
from benchmarks.chat_crowd import crowd
from benchmarks.processes import Failed, cpu_s, folder
from benchmarks.reading import Reading
from benchmarks.servers import PASSWORD, Server, node
from fedistream.chat.visitors import Visitors
from fedistream.core.clocks import Clocks

CLIENTS, RATE, SECONDS = 200, 20, 10.0
CONNECTIONS = 10
BODY = "a line of a bot, neither short nor long, of some 80 letters, as people write it.."
GREETINGS_S, WARM_S, ANSWER_S = 2.0, 1.0, 10.0


async def prepare(data: Path) -> list[str]:
    """A node with visitors. Returns the path of the socket for each."""
    async with followed.written(data, {"chat.join_messages": False}):
        later = asyncio.get_running_loop().call_later
        visitors = Visitors(Clocks(followed.now, time.monotonic, secrets.token_bytes, later))
        made = [await visitors.make(f"visitor {number:03}") for number in range(CLIENTS)]
    return [f"/ws?accessToken={token}" for _, token in made]


def access_token(ours: Server) -> str:
    """Return a new token with which a program may send messages. Raises Failed."""
    connection = HTTPConnection("127.0.0.1", ours.port, timeout=ANSWER_S)
    key = b64encode(f"admin:{PASSWORD}".encode()).decode()
    body = json.dumps({"name": "Bot", "scopes": ["CAN_SEND_MESSAGES"]})
    headers = {"Authorization": f"Basic {key}", "Content-Type": "application/json"}
    connection.request("POST", "/api/admin/accesstokens/create", body, headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status != 200:
        raise Failed(f"no access token: {answer.status} {text[:200]!r}")
    return str(json.loads(text)["accessToken"])


class Bot:
    """Sends lines over connections that it takes in turn; an answer is read before the next request on the same one."""

    def __init__(self, port: int, token: str) -> None:
        self._all = [socket.create_connection(("127.0.0.1", port), timeout=ANSWER_S) for _ in range(CONNECTIONS)]
        self._free = list(self._all)
        self._head = (
            f"POST /api/integrations/chat/send HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )
        self._waiting: deque[socket.socket] = deque()

    def say(self, number: int) -> None:
        """Send a line; all lines are equally long. Raises Failed when an earlier one was refused."""
        one = self._free.pop() if self._free else self._answered()
        body = json.dumps({"body": f"{BODY} {number:06}"})
        one.sendall(f"{self._head}{len(body)}\r\n\r\n{body}".encode())
        self._waiting.append(one)

    def close(self) -> None:
        """Read the last answers, and disconnect. Raises Failed when a line was refused."""
        try:
            while self._waiting:
                self._answered()
        finally:
            for one in self._all:
                one.close()

    def _answered(self) -> socket.socket:
        one = self._waiting.popleft()
        answer = one.recv(1 << 16)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise Failed(f"a line was refused: {answer[:300]!r}")
        return one


def main() -> None:
    with folder() as place:
        (place / "data").mkdir()
        paths = asyncio.run(prepare(place / "data"))
        with node(data=place / "data") as ours, crowd(ours.port, CLIENTS, path=paths.__getitem__) as clients:
            bot = Bot(ours.port, access_token(ours))
            clients.listen(GREETINGS_S)
            clients.talk(bot.say, RATE, WARM_S)
            before = cpu_s(ours.pid)
            heard = clients.talk(bot.say, RATE, SECONDS)
            used = cpu_s(ours.pid) - before
            bot.close()
    what = f"{CLIENTS} sockets, {RATE} lines/s by chat/send for {SECONDS:.0f} s"
    print(Reading("chat_send_cpu", round(used, 2), "s", reach=1.0, note=f"{what}; with the worker"))
    more = f"p50 {heard.age(0.5):.1f} ms; {heard.missing} of {heard.frames + heard.missing} frames missing"
    print(Reading("chat_send_p95", round(heard.age(0.95), 1), "ms", reach=20, note=more))


if __name__ == "__main__":
    main()
