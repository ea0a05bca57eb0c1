"""Builds the sdist, a wheel from it without Node, installs that elsewhere, starts the node and asks for its page.

What a checkout has and an installed node lacks (templates, vendored JavaScript, migrations) is found here.
"""

import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = Path(sys.executable).parent
WANTED = (
    "fedistream/templates/watch.html",
    "fedistream/static/vendor/hls.light.js",
    "fedistream/static/vendor/hls.js.LICENSE.txt",
    "fedistream/static/vendor/media-chrome.js",
    "fedistream/static/css/",
    "fedistream/static/bundles/watch-chat.js.br",
    "fedistream/db/migrations/",
    "fedistream/py.typed",
)
START_S = 30.0


def run(*command: str | Path, cwd: Path = ROOT, path: str | None = None) -> None:
    environment = None if path is None else {"PATH": path}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=environment, check=False, capture_output=True)
    if done.returncode:
        sys.stderr.buffer.write(done.stdout + done.stderr)
        raise subprocess.CalledProcessError(done.returncode, done.args)


def build(folder: Path) -> Path:
    """The wheel as somebody gets it who has neither the repository nor Node."""
    run(sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", folder)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    unpacked = folder / sdist.name.removesuffix(".tar.gz")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder, cwd=unpacked, path="")
    if (unpacked / "node_modules").exists():
        raise RuntimeError("the sdist does not carry the vendored JavaScript: its build fetched it again")
    (wheel,) = folder.glob("*.whl")
    return wheel


def missing(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    return [wanted for wanted in WANTED if not any(name.startswith(wanted) for name in names)]


def install(wheel: Path, folder: Path) -> Path:
    """A virtual environment with the wheel; gives its `fedistream`."""
    uv = SCRIPTS / "uv"
    run(uv, "venv", "--quiet", "--python", sys.executable, folder)
    pip = (uv, "pip", "install", "--quiet", "--python", folder / "bin" / "python")
    run(*pip, "--require-hashes", "-r", "requirements.lock")
    run(*pip, "--no-deps", wheel)
    return folder / "bin" / "fedistream"


def page_of(program: Path, folder: Path) -> str:
    """Starts the node on free ports, reads its watch page and stops it. Raises TimeoutError when it does not start."""
    output = folder / "output.txt"
    command = [str(program), "serve", "--host", "127.0.0.1", "--port", "0", "--rtmp-port", "0", "--data-dir", "data"]
    with output.open("w") as out:
        node = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + START_S
        while not (found := re.search(r"http://(?:127\.0\.0\.1|localhost):(\d+)/", output.read_text())):
            if node.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"the installed node did not start:\n{output.read_text()}")
            time.sleep(0.1)
        with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/", timeout=10) as answer:
            return str(answer.read(), "utf-8")
    finally:
        node.send_signal(signal.SIGTERM)
        node.wait(timeout=20)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build(folder)
        if lacking := missing(wheel):
            print(f"not in the wheel: {', '.join(lacking)}", file=sys.stderr)
            return 1
        size = wheel.stat().st_size
        page = page_of(install(wheel, folder / "venv"), folder)
        if not re.search(r'src="/static/[0-9a-f]+/bundles/watch[a-z-]*\.js"', page):
            print(f"the installed node's page is not the watch page with its bundle:\n{page[:2000]}", file=sys.stderr)
            return 1
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    print(f"package-check: the wheel ({size // 1024} KiB) installs, starts and shows its page")
    return 0


if __name__ == "__main__":
    sys.exit(main())
