"""The pages of scheduled broadcasts."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from fedistream.schedule.values import Change
from tests.kit.faces import Faces, federating_faces

SCRIPT = "<script>alert(1)</script>"


@pytest_asyncio.fixture
async def faces(tmp_path: Path) -> AsyncIterator[Faces]:
    async with federating_faces(tmp_path) as opened:
        await opened.settings.change("schedule.enabled", True)
        yield opened


async def scheduled(faces: Faces, name: str = "Pots") -> str:
    home, start = faces.channels.home().id, faces.clock.now() + timedelta(hours=2)
    await faces.made.schedule.put(home, Change(name, description=f"**Bowls** {SCRIPT}", start=start))
    return (await faces.made.schedule.overview(home)).events[-1].id


async def test_an_event_has_a_page_that_says_what_became_of_it(faces: Faces) -> None:
    event_id = await scheduled(faces)
    async with faces.client() as http:
        page = (await http.get(f"/schedule/{event_id}")).text
        assert "<strong>Bowls</strong>" in page
        assert SCRIPT not in page
        assert f'href="/federation/event/{event_id}"' in page
        assert "Starts in" in page
        faces.clock.advance(7300)
        assert "It is on now." in (await http.get(f"/schedule/{event_id}")).text
        faces.clock.advance(7300)
        assert "This stream is over." in (await http.get(f"/schedule/{event_id}")).text
        await faces.made.schedule.remove(faces.channels.home().id, event_id, cancel=True)
        assert "This stream is cancelled." in (await http.get(f"/schedule/{event_id}")).text
        await faces.settings.change("schedule.enabled", False)
        assert (await http.get(f"/schedule/{event_id}")).status_code == 404


async def test_the_watch_page_shows_what_comes_next(faces: Faces) -> None:
    event_id = await scheduled(faces, f"Pots {SCRIPT}")
    async with faces.client() as http:
        page = (await http.get("/")).text
        assert f'href="/schedule/{event_id}"' in page
        assert 'href="/api/schedule.ics"' in page
        assert SCRIPT not in page
        assert "Starts in" not in page
        await faces.settings.change("schedule.show_countdown", True)
        assert "Starts in" in (await http.get("/")).text
        await faces.settings.change("schedule.enabled", False)
        assert "schedule.ics" not in (await http.get("/")).text


async def test_pages_beside_the_watch_page_have_the_custom_styles(faces: Faces) -> None:
    await faces.settings.change("page.custom_styles", "h1 { color: red }")
    post = await faces.made.federation.posts.publish(faces.channels.home(), "Hello")
    async with faces.client() as http:
        for path in (f"/schedule/{await scheduled(faces)}", "/follow", f"/federation/{post.id}"):
            page = await http.get(path, headers={"Accept": "text/html"})
            assert page.status_code == 200, path
            assert 'href="/customstyles/' in page.text, path
