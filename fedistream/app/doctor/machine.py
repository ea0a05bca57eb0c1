"""The machine's part: the data folder, the disk, file descriptors, the ports, and the encoder."""

import asyncio
import fcntl
import os
import resource
import shutil
import socket
import sys
from contextlib import closing
from pathlib import Path

from fedistream.app.addresses import Addresses
from fedistream.app.doctor.finding import Finding, fail, ok, warn
from fedistream.core.child_environment import child_environment

LITTLE_DISK, TOO_LITTLE_DISK = 2 << 30, 200 << 20  # bytes
FEW_FILES = 4096
ENCODER_S = 30.0
CONNECT_S = 5.0
GIB = 1 << 30
HANDSHAKE = b"\3" + bytes(1536)  # RTMP: the version, and a first block of zeros
OTHERS_OPEN = 0o077


def is_running(data_dir: Path) -> bool:
    """Return whether a node runs on this data folder."""
    try:
        with (data_dir / "node.lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def folder(data_dir: Path) -> Finding:
    """Check that the data folder is there, can be written, and is private."""
    part = "data folder"
    if not data_dir.is_dir():
        return warn(
            part, f"{data_dir} does not exist yet", "Start the node once, or give the right one with --data-dir"
        )
    if not os.access(data_dir, os.W_OK | os.X_OK):
        return fail(part, f"{data_dir} cannot be written", "Run as the user of the node, or change the folder's owner")
    if data_dir.stat().st_mode & OTHERS_OPEN:
        return warn(part, f"{data_dir} can be read by others on this machine", f"chmod 700 {data_dir}")
    return ok(part, f"{data_dir}")


def disk(data_dir: Path) -> Finding:
    """Check the free space for the data folder."""
    here = next((each for each in (data_dir, *data_dir.resolve().parents) if each.is_dir()), Path("/"))
    free = shutil.disk_usage(here).free
    text = f"{free / GIB:.1f} GiB are free"
    if free < TOO_LITTLE_DISK:
        return fail("disk", text, "Make room: the chat and the federation stop when nothing can be written")
    if free < LITTLE_DISK:
        return warn("disk", text, "Make room soon, or keep fewer backups")
    return ok("disk", text)


def descriptors() -> Finding:
    """Check how many connections the system lets a process have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FEW_FILES:
        return warn(
            "file descriptors",
            f"a process may have {hard}",
            "Raise the limit: LimitNOFILE=65536 in systemd, --ulimit nofile=65536 for a container",
        )
    return ok("file descriptors", "no limit" if hard == resource.RLIM_INFINITY else f"a process may have {hard}")


async def port(part: str, host: str, number: int, *, running: bool, flag: str) -> Finding:
    """Check a port: with a node that runs, that it answers there; else that it is free."""
    if number == 0:
        return ok(part, "any free one")
    if not running:
        return _free(part, host, number, flag)
    where = _reachable(host)
    try:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(where, number)
            writer.write(HANDSHAKE if part == "RTMP port" else b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            answer = await reader.read(64)
            writer.close()
    except (OSError, TimeoutError) as error:
        text = f"the node runs, and nothing answers at {where}:{number} ({error or 'no answer in time'})"
        return fail(part, text, f"Give the port that the node was started with, {flag}, or look at its log")
    right = answer[:1] == b"\3" if part == "RTMP port" else b" 200 " in answer
    if not right:
        return fail(part, f"another program answers at {where}:{number}", f"Give the node's own port with {flag}")
    return ok(part, f"the node answers at {where}:{number}")


def _free(part: str, host: str, number: int, flag: str) -> Finding:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, number))
            trial.listen(1)
        except OSError as error:
            text = f"the node does not run, and {number} cannot be used: {error.strerror}"
            return fail(part, text, f"Stop the program that has the port, or choose another one with {flag}")
    return warn(part, f"{number} is free: the node does not run", "Start it with: fedistream serve")


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 compared, not bound


async def ports(addresses: Addresses, *, running: bool) -> list[Finding]:
    return [
        await port("web port", addresses.web_host, addresses.web_port, running=running, flag="--port"),
        await port("RTMP port", addresses.rtmp_host, addresses.rtmp_port, running=running, flag="--rtmp-port"),
    ]


async def encoder() -> Finding:
    """Encode a few pictures in a child process, which may crash."""
    part, advice = "encoder", "Install fedistream again: pip install --force-reinstall av"
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "media.codec.trial"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=child_environment(os.environ),
    )
    try:
        async with asyncio.timeout(ENCODER_S):
            out, error = await child.communicate()
    except TimeoutError:
        child.kill()
        await child.wait()
        return fail(
            part, f"a second of video was not encoded within {ENCODER_S:g} s", "Look at the load of the machine"
        )
    if child.returncode:
        last = error.decode(errors="replace").strip().rpartition("\n")[2]
        return fail(part, f"the trial ended with {child.returncode}: {last[:200]}", advice)
    name, _, size = out.decode(errors="replace").strip().partition(" ")
    return ok(part, f"{name} has encoded a second of video into {size} bytes")
