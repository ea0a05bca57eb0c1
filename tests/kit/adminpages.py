"""The admin's pages as a browser without scripts uses them: look, fill in a form with its token, follow the answer."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape

from httpx2 import AsyncClient, Response

from fedistream.chat.values import Visitor as Person
from tests.kit.chatroom import RecordingListener
from tests.kit.faces import RIGHT, Faces
from tests.kit.onair import live

HTML = {"accept": "text/html"}
NASTY = "<script>alert(1)</script>\"'&\u202egnp"
"""For every field that others fill in: a script, an end of an attribute, and letters that turn the line around."""


@dataclass
class Visitor:
    """The admin, with the password."""

    web: AsyncClient

    async def see(self, path: str) -> str:
        """The page, which there must be."""
        page = await self.web.get(path)
        assert page.status_code == 200, page.text
        assert "<script>alert" not in page.text
        return page.text

    async def send(self, page: str, path: str = "", /, **fields: str) -> Response:
        """Send a form of `page` to `path`, and go where it leads. A list of nothing has no forms: then one that was
        there a moment ago is sent."""
        seen = await self.see(page)
        filled = {
            "csrf_token": csrf_token(seen if 'name="csrf_token"' in seen else await self.see("/admin/")),
            **fields,
        }
        return await self.web.post(path or page.partition("?")[0], data=filled, follow_redirects=True)


@asynccontextmanager
async def signed_in(faces: Faces) -> AsyncIterator[Visitor]:
    async with faces.client() as web:
        web.headers.update(RIGHT | HTML)
        yield Visitor(web)


def csrf_token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found.group(1)


def said(page: Response) -> str:
    """Return the message of the page after a form."""
    found = re.search(r'<p class="notice success">(.*?)</p>', page.text)
    return unescape(found.group(1)) if found else ""


def counts(page: str) -> dict[str, int]:
    """The numbers in the navigation, by where their links lead."""
    links = re.findall(r'<a href="(/admin/[^"]*)"[^>]*>([^<]*)(<span class="count">.*?</span>(\d+)</span>)?', page)
    return {path: int(number) for path, _, _, number in links if number}


async def say(faces: Faces, person: Person, *texts: str) -> list[str]:
    """The ids of what somebody says in the chat, in a broadcast."""
    home = faces.channels.home().id
    faces.broadcasts.on[home] = live(home)
    connection = faces.chat.chat.enter(home, person, RecordingListener(), "192.0.2.77", "a <b>browser</b>")
    said = [await faces.chat.chat.say(connection, text) for text in texts]
    faces.chat.chat.leave(connection)
    return [each.id for each in said if each is not None]
