import socket
import time

import pytest

from benchmarks.chat_mass import drain, pong


def test_the_last_ping_is_answered_with_what_it_brought() -> None:
    chat = b'\x81\x05{"a"}'
    assert pong(chat + b"\x89\x04abcd" + chat + b"\x89\x04efgh" + chat) == b"\x8a\x84\0\0\0\0efgh"
    assert pong(chat) == pong(b"") == b""


def test_half_a_ping_is_not_answered() -> None:
    assert pong(b"\x89\x04abc") == b""


def test_all_pending_bytes_are_read_without_waiting_for_idle_clients() -> None:
    (busy, far), (idle, other) = socket.socketpair(), socket.socketpair()
    with busy, far, idle, other:
        busy.setblocking(False)
        idle.setblocking(False)
        far.sendall(b"\x81\x01x\x89\x041234")
        began = time.monotonic()
        drain([idle, busy])
        assert time.monotonic() - began < 5
        assert far.recv(100) == b"\x8a\x84\0\0\0\x001234"
        other.close()
        with pytest.raises(SystemExit):
            drain([idle])
