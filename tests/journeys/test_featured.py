"""Two nodes of ours, the one featured by the other: asked, held, let in, seen live and not live any more, and left."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.kit.adminpages import csrf_token
from tests.kit.encoder import Encoder
from tests.kit.federating import RIGHT, FederatedNode, federated_node, node_process, until
from tests.kit.footage import Recipe

CLIP = Recipe(seconds=2, size=(320, 180), fps=15, gop=15)
SERVERS = "admin/federation/servers"
FEATURED = "/admin/federation/featured"
REQUESTS = "admin/federation/feature-requests"


def asking(where: FederatedNode, call: str) -> Callable[[], Awaitable[Any]]:
    """The list that a call answers with, alone or as the only member of an object."""

    async def ask() -> Any:
        found = await where.ask(call)
        return next(iter(found.values())) if isinstance(found, dict) else found

    return ask


async def ask_on_the_page(lister: FederatedNode, server: str) -> None:
    page = await lister.http.get(FEATURED, headers=RIGHT)
    filled = {"csrf_token": csrf_token(page.text), "server": server}
    asked = await lister.http.post(FEATURED, data=filled, headers=RIGHT)
    assert (asked.status_code, asked.headers["location"]) == (303, f"{FEATURED}?done=server-asked")
    again = await lister.http.post(FEATURED, data=filled, headers=RIGHT)
    assert (again.status_code, "this server is in the list already" in again.text) == (422, True)


async def test_one_node_features_the_stream_of_the_other(tmp_path: Path) -> None:
    async with federated_node(tmp_path / "stream") as stream, node_process(tmp_path / "lister") as lister:
        await stream.change("name", "Quiet Waters")
        requests, shown = asking(stream, REQUESTS), asking(lister, "federation/servers")
        await ask_on_the_page(lister, stream.origin)
        (asked,) = await asking(lister, SERVERS)()
        assert (asked["iri"], asked["followedAt"]) == (stream.us, None)
        assert await shown() == []

        (request,) = await until(requests)
        assert request["link"] == lister.us
        assert await stream.links("pending") == []
        await stream.tell("followers/approve", actorIRI=lister.us, approved=True)
        assert (await requests(), await stream.links("directory"), await stream.links("")) == ([], [lister.us], [])

        (server,) = await until(shown)
        assert not server["isOnline"]
        encoder = await Encoder.start(stream.node.publish_url, CLIP)
        (live,) = await until(shown, lambda servers: servers[0]["isOnline"])
        assert (live["name"], live["thumbnailUrl"]) == ("Quiet Waters", f"{stream.origin}/thumbnail.jpg")
        page = (await lister.http.get("/")).text
        assert f'<a href="{stream.origin}" rel="noopener noreferrer">' in page
        await stream.change("streamtitle", "Morning on the canal")
        await until(shown, lambda servers: servers[0]["streamTitle"] == "Morning on the canal")
        await encoder.stop()
        await until(shown, lambda servers: not servers[0]["isOnline"])

        removed = await lister.http.delete(f"/api/{SERVERS}/{asked['id']}", headers=RIGHT)
        assert removed.status_code == 200
        assert await asking(lister, SERVERS)() == []
        await until(asking(stream, "admin/followers/directory"), lambda directories: not directories)
