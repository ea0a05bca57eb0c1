import socket
import time
from pathlib import Path

from benchmarks import far
from benchmarks.far import Far, Taken, address, parse

BODY = b'{"@context":["x",{"y":{"@id":"https://z"}}],"id":"https://node.example/1","type":"Create"}'


def request(body: bytes) -> bytes:
    return b"POST /inbox HTTP/1.1\r\nHost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body


def until(there: Far, count: int) -> list[Taken]:
    deadline = time.monotonic() + 20
    while len(found := there.taken()) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def test_addresses_are_all_different_and_of_this_machine() -> None:
    found = [address(number) for number in range(1000)]
    assert len(set(found)) == 1000
    assert all(each.startswith("127.9.") and 0 < int(each.rpartition(".")[2]) < 255 for each in found)


def test_half_a_line_is_not_read_yet() -> None:
    assert parse("1.5 127.9.0.1 https://node.example/1\n2.5 127.9") == [
        Taken(1.5, "127.9.0.1", "https://node.example/1")
    ]
    assert parse("") == []


def test_the_living_answer_and_the_dead_only_listen(tmp_path: Path) -> None:
    with far.servers(tmp_path, live=1, dead=1) as there:
        names = [name.partition(":") for name in (*there.live, *there.dead)]
        living, dead = [socket.create_connection((host, int(port)), timeout=20) for host, _, port in names]
        with living, dead:
            # in two pieces, and two at once
            living.sendall(request(BODY)[:60])
            dead.sendall(request(BODY))
            until(there, 1)
            living.sendall(request(BODY)[60:] + request(b"{}"))
            answers = b""
            while answers.count(b"HTTP/1.1 202") < 2:
                answers += living.recv(1000)
            found = until(there, 3)
            dead.settimeout(0.2)
            try:
                said = dead.recv(1)
            except TimeoutError:
                said = b""
    assert sorted((one.host, one.activity) for one in found) == [
        (address(0), "-"),
        (address(0), "https://node.example/1"),
        (address(1), "https://node.example/1"),
    ]
    assert said == b""
