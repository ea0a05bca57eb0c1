"""The servers of the comparison, on free ports with folders of their own: our node, and nginx with its RTMP module."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import Failed, folder, free_port, last_words, running, until_open

KEY = "benchmarks"
PASSWORD = "only for this run"


@dataclass(frozen=True, slots=True)
class Server:
    """`playlist` is the path of the media playlist, its URIs relative to it."""

    pid: int
    port: int
    publish_url: str
    playlist: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def node(*more: str, data: Path | None = None) -> Iterator[Server]:
    """Our node as people start it, on free ports, with an empty data folder or with `data`; `more` are its flags."""
    with folder() as place:
        words = ["--host", "127.0.0.1", "--port", "0", "--rtmp-port", "0", "--data-dir", str(data or place / "data")]
        secrets = ["--stream-key", KEY, "--admin-password", PASSWORD]
        command = [sys.executable, "-m", "fedistream", "serve", *words, *secrets, "--log-level", "warning", *more]
        with running(command, place / "errors", output=subprocess.PIPE, where=place) as process:
            web, rtmp = _ports(process, place / "errors")
            until_open(web, process, place / "errors")
            yield Server(process.pid, web, f"rtmp://127.0.0.1:{rtmp}/live/{KEY}", "/hls/0/stream.m3u8")


def _ports(process: "subprocess.Popen[str]", errors: Path) -> tuple[int, int]:
    """The ports in the table which the node prints at its start."""
    assert process.stdout is not None
    found: dict[str, int] = {}
    for line in process.stdout:
        if match := re.search(r"^\s*(Watch page|RTMP server)\s.*:(\d+)/", line):
            found[match[1]] = int(match[2])
        if len(found) == 2:
            return found["Watch page"], found["RTMP server"]
    raise Failed(f"the node did not start: {last_words(errors)}")


NGINX_RTMP = """
load_module {module};
daemon off;
worker_processes 1;
{user}
pid {place}/pid;
error_log {place}/log;
events {{ worker_connections 256; }}
rtmp {{
    server {{
        listen 127.0.0.1:{rtmp};
        application live {{
            live on;
            hls on;
            hls_path {place}/www;
            hls_fragment 2s;
            hls_playlist_length 30s;
        }}
    }}
}}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    server {{
        listen 127.0.0.1:{web};
        root {place}/www;
    }}
}}
"""


def nginx_module() -> Path | None:
    """nginx's RTMP module, where the packages of the distribution put it; None if nginx or the module is missing."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        return None
    said = subprocess.run([program, "-V"], capture_output=True, text=True, check=False).stderr
    match = re.search(r"--modules-path=(\S+)", said)
    module = Path(match[1] if match else "/usr/lib/nginx/modules") / "ngx_rtmp_module.so"
    return module if module.exists() else None


NO_NGINX = "nginx with its RTMP module is not installed (Debian: nginx, libnginx-mod-rtmp)"


@contextlib.contextmanager
def nginx() -> Iterator[tuple[Server, Path]]:
    """nginx with the RTMP module, and the folder that it serves. Raises Failed."""
    module = nginx_module()
    if module is None:
        raise Failed(NO_NGINX)
    with folder() as place:
        (place / "www").mkdir()
        place.chmod(0o755)
        web, rtmp = free_port(), free_port()
        # as root nginx would change its user, who may not write here
        user = "user root;" if os.geteuid() == 0 else ""
        text = NGINX_RTMP.format(module=module, place=place, rtmp=rtmp, web=web, user=user)
        (place / "nginx.conf").write_text(text)
        program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "nginx"
        with running([program, "-e", str(place / "log"), "-c", str(place / "nginx.conf")], place / "errors") as process:
            until_open(web, process, place / "log")
            yield (
                Server(process.pid, web, f"rtmp://127.0.0.1:{rtmp}/live/{KEY}", f"/{KEY}.m3u8"),
                place / "www",
            )
