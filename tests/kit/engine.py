"""The engine for containers of this machine, docker or podman, if it has one that works."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ENGINES = ("docker", "podman")


@dataclass(frozen=True, slots=True)
class Engine:
    """`program` understands the command line of docker."""

    program: str

    def tried(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self.program, *arguments], check=False, capture_output=True, text=True)

    def run(self, *arguments: str | Path) -> str:
        """Return what the program prints."""
        done = self.tried(*arguments)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def lacks(self, image: str) -> str:
        """Have the image here, from its registry if need be. Returns why it is not to be had, or nothing."""
        if self.tried("image", "inspect", image).returncode == 0:
            return ""
        pulled = self.tried("pull", image)
        return "" if pulled.returncode == 0 else (pulled.stderr.strip() or "no word why").splitlines()[-1]

    def build(self, folder: Path, tag: str) -> None:
        # podman leaves the health check out of its own format, and docker has no other one
        docker_format = ("--format", "docker") if "podman" in self.run("--version") else ()
        self.run("build", *docker_format, "--tag", tag, folder)


def engine() -> Engine | None:
    """The one that CONTAINER_ENGINE names, else the first that works here."""
    named = os.environ.get("CONTAINER_ENGINE")
    for program in (named,) if named else ENGINES:
        if shutil.which(program) is not None:
            found = Engine(program)
            if found.tried("info").returncode == 0:
                return found
    return None
