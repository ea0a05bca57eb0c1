"""The doctor beside a real node behind nginx: all well, and with each thing wrong."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from fedistream.app.config import Config
from fedistream.app.doctor import machine, outside
from fedistream.app.doctor.command import examine
from fedistream.app.doctor.finding import Finding, State, fail, lines, ok
from fedistream.app.doctor.outside import Site, judged_clock
from tests.house.tree import ROOT
from tests.kit.certificates import Authority, authority
from tests.kit.federating import free_port, trusting
from tests.kit.livenode import LiveNode, live_node

PROGRAM = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
NEEDED = pytest.mark.skipif(PROGRAM is None, reason="nginx is not installed")
RIGHT = """
proxy_set_header Host $http_host;
proxy_set_header X-Forwarded-For $remote_addr;
proxy_set_header X-Forwarded-Proto $scheme;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection $up;
"""
CONFIG = """
{user} daemon off; pid {place}/pid; error_log {place}/log;
events {{}}
http {{
    access_log off;
    map $http_upgrade $up {{ default upgrade; '' ''; }}
    client_body_temp_path {place}/a; proxy_temp_path {place}/b; fastcgi_temp_path {place}/c; uwsgi_temp_path {place}/d;
    scgi_temp_path {place}/e;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {pem.certificate}; ssl_certificate_key {pem.key};
        {more}
        location / {{ proxy_pass http://127.0.0.1:{node}; proxy_http_version 1.1; {headers} }}
    }}
}}
"""


@contextmanager
def nginx(place: Path, pem: Authority, port: int, node: int, headers: str, more: str) -> Iterator[None]:
    """Run nginx with TLS in front of a node."""
    assert PROGRAM is not None
    place.mkdir()
    user = "user root;" if os.geteuid() == 0 else ""
    text = CONFIG.format(place=place, pem=pem, port=port, node=node, headers=headers, more=more, user=user)
    (place / "nginx.conf").write_text(text)
    process = subprocess.Popen([PROGRAM, "-e", str(place / "log"), "-c", str(place / "nginx.conf")])
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


@asynccontextmanager
async def behind(tmp_path: Path, headers: str = RIGHT, more: str = "", trust: str = "") -> AsyncIterator[LiveNode]:
    """Run a node with federation on behind nginx, at a name that this process trusts."""
    pem, public = authority(tmp_path), free_port()
    flags = {"trusted_proxies": trust} if trust else {}
    origin = f"https://localhost:{public}"
    with trusting(pem):
        async with live_node(tmp_path / "data", public_url=origin, federation_allow="127.0.0.1", **flags) as node:
            await node.node.features.settings.change("federation.enabled", True)
            with nginx(tmp_path / "nginx", pem, public, node.web_port, headers, more):
                async with asyncio.timeout(20):
                    while True:
                        try:
                            _, writer = await asyncio.open_connection("127.0.0.1", public)
                            writer.close()
                            break
                        except OSError:
                            await asyncio.sleep(0.05)
                yield node


async def examined(node: LiveNode, tmp_path: Path) -> dict[str, Finding]:
    options = Config(
        data_dir=tmp_path / "data",
        public_url=node.node.options.public_url,
        host="127.0.0.1",
        port=node.web_port,
        rtmp_port=node.rtmp_port,
    )
    return {each.part: each for each in await examine(options, ["host", "port", "rtmp_port", "public_url"])}


@NEEDED
async def test_of_a_node_that_is_right_behind_nginx_everything_is_well(tmp_path: Path) -> None:
    async with behind(tmp_path) as node:
        found = await examined(node, tmp_path)
    wrong = [each for each in found.values() if each.state is not State.OK]
    # the certificate of the tests is valid for a day, and the disk of a test machine may be small
    assert {each.part for each in wrong} <= {"TLS", "disk"}, lines(wrong)
    assert found["TLS"].state is not State.FAIL
    parts = {"data folder", "database", "outbox", "web port", "RTMP port", "encoder", "TLS", "public address", "clock"}
    assert parts | {"proxy headers", "web socket", "WebFinger", "NodeInfo", "actor", "inbox"} <= found.keys()


WRONG = {
    "no upgrade": (RIGHT.replace("proxy_set_header Upgrade $http_upgrade;", ""), "", "", "web socket"),
    "no scheme": (RIGHT.replace("X-Forwarded-Proto $scheme", "X-Nothing x"), "", "", "proxy headers"),
    "untrusted": (RIGHT, "", "192.0.2.1", "proxy headers"),
    "headers of clients": (RIGHT.replace("$remote_addr", "$http_x_forwarded_for"), "", "", "proxy headers"),
    "no WebFinger": (RIGHT, "location /.well-known/ { return 404; }", "", "WebFinger"),
    "no NodeInfo": (RIGHT, "location /.well-known/nodeinfo { return 502; }", "", "NodeInfo"),
    "no actor": (RIGHT, "location = /federation/user/streamer { return 200 '{}'; }", "", "actor"),
    "no POST": (RIGHT, "location ~ inbox$ { return 405; }", "", "inbox"),
    "another site": (RIGHT, "location /api/ { return 200 'hello'; }", "", "public address"),
    "an old clock": (RIGHT, "location = /api/status { add_header Date x; return 200 '{\"online\": true}'; }", "", ""),
}


@NEEDED
@pytest.mark.parametrize("name", WRONG)
async def test_what_is_wrong_with_the_proxy_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    headers, more, trust, part = WRONG[name]
    async with behind(tmp_path, headers, more, trust) as node:
        found = await examined(node, tmp_path)
    failed = {each.part for each in found.values() if each.state is State.FAIL}
    assert failed - {"NodeInfo" if name == "no WebFinger" else ""} == ({part} if part else set()), lines(
        [*found.values()]
    )
    assert all(each.advice for each in found.values() if each.state is not State.OK)


async def test_a_certificate_that_nobody_trusts_and_a_proxy_that_is_away_are_told_apart(tmp_path: Path) -> None:
    pem = authority(tmp_path)
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0, ssl=pem.server())
    async with server:
        port = server.sockets[0].getsockname()[1]
        (certificate, *_) = await outside.look(Site(f"https://localhost:{port}"))
        with trusting(pem):
            (other_name, *_) = await outside.look(Site(f"https://127.0.0.2:{port}".replace("127.0.0.2", "127.0.0.1")))
    assert (certificate.part, certificate.state) == ("TLS", State.FAIL)
    assert "not accepted" in certificate.text
    assert other_name.state is not State.FAIL
    (away, *_) = await outside.look(Site(f"https://localhost:{free_port()}"))
    assert "no TLS" in away.text
    (nameless,) = await outside.look(Site("https://nothing.invalid"))
    assert nameless.part == "name"


@pytest.mark.parametrize(("ahead", "state"), [(0.4, "ok"), (-9, "ok"), (30, "warn"), (-200, "warn"), (400, "fail")])
def test_a_clock_is_judged_by_how_far_it_is_away(ahead: float, state: str) -> None:
    assert judged_clock(ahead).state == state


async def test_a_node_that_does_not_run_has_free_ports_and_one_that_is_taken_is_named(tmp_path: Path) -> None:
    taken = free_port()
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", taken)
    async with server:
        free = await machine.port("web port", "127.0.0.1", free_port(), running=False, flag="--port")
        busy = await machine.port("web port", "127.0.0.1", taken, running=False, flag="--port")
        other = await machine.port("RTMP port", "127.0.0.1", taken, running=True, flag="--rtmp-port")
    gone = await machine.port("web port", "127.0.0.1", taken, running=True, flag="--port")
    assert [each.state for each in (free, busy, other, gone)] == ["warn", "fail", "fail", "fail"]
    assert "another program answers" in other.text


def test_a_folder_that_others_can_read_is_warned_of(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert machine.folder(tmp_path).state is State.WARN
    tmp_path.chmod(0o700)
    assert machine.folder(tmp_path).state is State.OK
    assert machine.folder(tmp_path / "none").state is State.WARN
    assert machine.disk(tmp_path / "none").part == "disk"


def test_the_lines_are_aligned_and_have_the_advice_below() -> None:
    text = lines([ok("disk", "fine"), fail("web port", "taken", "Stop it")])
    assert text == "ok    disk      fine\nfail  web port  taken\n                -> Stop it"


def test_the_command_has_an_exit_code_and_json(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "fedistream",
        "doctor",
        "--data-dir",
        str(tmp_path / "data"),
        "--host",
        "127.0.0.1",
    ]
    command += ["--port", str(free_port()), "--rtmp-port", str(free_port())]
    well = subprocess.run([*command, "--json"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    found = {each["part"]: each for each in json.loads(well.stdout)}
    assert well.returncode == 0, well.stdout
    assert found["encoder"]["state"] == "ok"
    assert found["database"]["state"] == "warn"
    assert not (tmp_path / "data").exists()
    bad = [*command, "--public-url", "https://nothing.invalid"]
    sick = subprocess.run(bad, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert sick.returncode == 1
    assert "fail  name" in sick.stdout
