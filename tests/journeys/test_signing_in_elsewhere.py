"""A streamer signs in to the chat of one node with the address of their own node, by IndieAuth on both sides."""

import re
import socket
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from activitypub.network.guard import Guard
from tests.kit.asking import HOST
from tests.kit.faces import open_faces
from tests.kit.nodeprocess import started

PASSWORD = "a long enough password"
BROWSER = {"Accept": "text/html", "User-Agent": "Mozilla/5.0"}


def form(page: str) -> dict[str, str]:
    """Return the hidden fields of the page's form."""
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)}


async def test_a_streamer_signs_in_at_another_node_with_their_own(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    authority = f"127.0.0.1:{port}"
    home = f"http://{authority}"
    (visited := tmp_path / "visited").mkdir()
    flags = ("--public-url", home, "--admin-password", PASSWORD)
    async with (
        started(tmp_path / "own", *flags, port=port),
        open_faces(visited, Guard(frozenset({authority}))) as faces,
        faces.client(agent="Mozilla/5.0") as chat,
        httpx2.AsyncClient(headers=BROWSER, timeout=30) as browser,
    ):
        await faces.settings.change("node.public_url", f"http://{HOST}")
        _, token = await faces.visitor("Ann")
        begun = await chat.post(f"/api/auth/indieauth?accessToken={token}", json={"authHost": home})
        assert begun.status_code == 200, begun.text
        login = await browser.get(begun.json()["redirect"], follow_redirects=True)
        fields = form(login.text) | {"username": "admin", "password": PASSWORD}
        consent = await browser.post(f"{home}/admin/login", data=fields, follow_redirects=True)
        assert f"Sign in at {HOST}?" in consent.text
        agreed = form(consent.text) | {"do": "accept"}
        answer = await browser.post(f"{home}/admin/indieauth", data=agreed, headers={"Origin": home})
        back = urlsplit(answer.headers["location"])
        assert back.netloc == HOST
        done = await chat.get(f"{back.path}?{back.query}", headers={"Accept": "text/html"})
        assert (done.status_code, done.headers["location"]) == (307, "/")
        found = await faces.chat.visitors.by_token(token)
        assert found is not None
        assert found.authenticated_at is not None
