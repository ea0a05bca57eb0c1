"""The image, built from this checkout and run as docs/operating/containers.md says, by docker or podman."""

import asyncio
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from tests.house.tree import ROOT
from tests.kit import dockerfile
from tests.kit.asking import basic
from tests.kit.encoder import Encoder
from tests.kit.engine import Engine, engine
from tests.kit.footage import Recipe

CLIP = Recipe(seconds=2, size=(160, 90), fps=15, gop=30)
CONFINED = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "all", "--security-opt", "no-new-privileges")
STAGES = dockerfile.parse((ROOT / "Dockerfile").read_text())

pytestmark = pytest.mark.timeout(1800)  # a first build fetches everything


@pytest.fixture(scope="module")
def docker() -> Engine:
    found = engine()
    if found is None:
        pytest.skip("no engine for containers runs here (docker info, podman info)")
    if why := found.lacks(STAGES[0].image):
        pytest.skip(f"the image {STAGES[0].image} is not to be had here: {why}")
    return found


@pytest.fixture(scope="module")
def image(docker: Engine) -> Iterator[str]:
    tag = f"fedistream-test:{secrets.token_hex(4)}"
    docker.build(ROOT, tag)
    yield tag
    docker.tried("rmi", "--force", tag)


@pytest.fixture
def volume(docker: Engine) -> Iterator[str]:
    name = f"fedistream-test-{secrets.token_hex(4)}"
    docker.run("volume", "create", name)
    yield name
    docker.run("volume", "rm", name)


@contextmanager
def running(docker: Engine, image: str, volume: str) -> Iterator[str]:
    """A container of this image. Gives its name."""
    name = f"fedistream-test-{secrets.token_hex(4)}"
    ports = ("--publish", "127.0.0.1::8080", "--publish", "127.0.0.1::1935")
    docker.run("run", "--detach", "--name", name, *CONFINED, *ports, "--volume", f"{volume}:/app/data", image)
    try:
        yield name
    finally:
        docker.run("rm", "--force", name)


async def printed(docker: Engine, name: str) -> str:
    """Return what the operator reads, once the node is ready."""
    async with asyncio.timeout(60):
        while docker.tried("exec", name, "python", "-m", "fedistream.app.healthcheck").returncode:
            state = docker.run("inspect", "--format", "{{.State.Running}}", name)
            assert state == "true", docker.tried("logs", name)
            await asyncio.sleep(0.2)
    return docker.run("logs", name)


def port(docker: Engine, name: str, inside: int) -> int:
    return int(docker.run("port", name, str(inside)).splitlines()[0].rpartition(":")[2])


def stopped(docker: Engine, name: str) -> str:
    """Return the exit code: 137 when it did not stop within ten seconds, and was killed."""
    docker.run("stop", name)
    return docker.run("inspect", "--format", "{{.State.ExitCode}}", name)


def test_the_image_is_what_its_dockerfile_says(docker: Engine, image: str) -> None:
    config = json.loads(docker.run("image", "inspect", "--format", "{{json .Config}}", image))
    assert config["User"] == "10001:10001"
    assert list(config["Volumes"]) == ["/app/data"]
    assert set(config["ExposedPorts"]) == {"8080/tcp", "1935/tcp"}
    assert config["StopSignal"] in ("SIGTERM", "15")
    health = json.loads(docker.run("image", "inspect", "--format", "{{json .}}", image))
    assert "fedistream.app.healthcheck" in json.dumps(health)


def test_the_image_has_nobody_elses_rights_and_no_tools_to_build_with(docker: Engine, image: str) -> None:
    look = "id -u; id -g; for tool in cc gcc g++ make npm node uv; do command -v $tool; done; touch /opt/mine /app/mine"
    done = docker.tried("run", "--rm", "--entrypoint", "sh", image, "-c", look)
    assert done.stdout.split() == ["10001", "10001"]
    assert done.stderr.count("Permission denied") == 2


async def test_a_container_takes_a_broadcast_stops_when_told_to_and_knows_its_volume_again(
    docker: Engine, image: str, volume: str
) -> None:
    with running(docker, image, volume) as name:
        told = await printed(docker, name)
        password, key = (re.findall(rf"{row} +(\S+)", told)[0] for row in ("Admin password", "Stream key"))
        encoder = await Encoder.start(f"rtmp://127.0.0.1:{port(docker, name, 1935)}/live/{key}", CLIP)
        async with (
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port(docker, name, 8080)}", timeout=10) as http,
            asyncio.timeout(30),
        ):
            while (await http.get("/api/status")).json()["state"] != "live":
                await asyncio.sleep(0.1)
            assert "#EXT-X-STREAM-INF" in (await http.get("/hls/stream.m3u8")).text
            assert "<media-controller" in (await http.get("/")).text
            assert (await http.get("/api/admin/status", headers=basic(password))).status_code == 200
        await encoder.die()
        assert stopped(docker, name) == "0"

    with running(docker, image, volume) as name:
        assert "Admin password" not in await printed(docker, name)
