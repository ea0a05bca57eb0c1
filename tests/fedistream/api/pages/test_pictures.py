"""Pictures of what is live: addresses, caching, and what is shown while nothing is."""

from datetime import UTC, datetime

import pytest
from httpx2 import Response

from fedistream.thumbnails.service import Picture
from tests.kit import onair
from tests.kit.asking import client
from tests.kit.studio import Studio

AT = datetime(2026, 5, 1, 12, 0, 30, 500000, tzinfo=UTC)
PICTURE = Picture(1280, 720, b"\xff\xd8 a picture", AT)
ADDRESSES = ("/thumbnail.jpg", "/live/7/still.jpg")


@pytest.fixture
def live_studio(studio: Studio) -> Studio:
    """Broadcast 7 is live and has a picture; 3 is over and has one; 4 never had any."""
    studio.broadcasts.shown = onair.live()
    studio.broadcasts.written = {7: onair.written(7), 3: onair.over(3), 4: onair.over(4)}
    studio.stills.by_id = {7: PICTURE, 3: Picture(640, 480, b"\xff\xd8 an old one", AT)}
    return studio


async def get(studio: Studio, path: str, **headers: str) -> Response:
    async with client(studio.app()) as web:
        return await web.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("path", ADDRESSES)
async def test_the_picture_of_what_is_on_the_air(live_studio: Studio, path: str) -> None:
    answer = await get(live_studio, path)
    assert (answer.status_code, answer.content) == (200, PICTURE.jpeg)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "public, max-age=20"
    assert answer.headers["etag"] == f'"{PICTURE.mark}"'
    assert answer.headers["last-modified"] == "Fri, 01 May 2026 12:00:30 GMT"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if_none_match": f'"{PICTURE.mark}"'}, 304),
        ({"if_none_match": f'"other", W/"{PICTURE.mark}"'}, 304),
        ({"if_none_match": "*"}, 304),
        ({"if_none_match": '"other"'}, 200),
        ({"if_none_match": '"other"', "if_modified_since": "Fri, 01 May 2026 12:00:30 GMT"}, 200),
        ({"if_none_match": "x" * 5000 + f', "{PICTURE.mark}"'}, 200),
        ({"if_modified_since": "Fri, 01 May 2026 12:00:30 GMT"}, 304),
        ({"if_modified_since": "Fri, 01 May 2026 12:00:29 GMT"}, 200),
        ({"if_modified_since": "Fri, 01 May 2026 12:00:30 -0000"}, 200),
        ({"if_modified_since": "tomorrow"}, 200),
        ({"if_modified_since": "Fri, 01 May 2026 12:00:30 +99999999999999999999"}, 200),
        ({"if_modified_since": "Fri, 01 May 2026 99999999999999999999:00:30 GMT"}, 200),
    ],
)
async def test_an_unchanged_picture_gets_304(live_studio: Studio, headers: dict[str, str], status: int) -> None:
    answer = await get(live_studio, "/thumbnail.jpg", **headers)
    assert answer.status_code == status
    assert (answer.content == b"") is (status == 304)
    assert answer.headers["etag"] == f'"{PICTURE.mark}"'


async def test_the_picture_of_what_is_over_stays_at_its_own_address(live_studio: Studio) -> None:
    assert (await get(live_studio, "/live/3/still.jpg")).content == b"\xff\xd8 an old one"


async def test_while_nothing_is_on_the_air_there_is_the_logo(live_studio: Studio) -> None:
    live_studio.stills.by_id = {}
    answer = await get(live_studio, "/thumbnail.jpg")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "public, max-age=20"


async def test_the_moving_picture_leads_to_the_one_that_stands(live_studio: Studio) -> None:
    answer = await get(live_studio, "/preview.gif")
    assert (answer.status_code, answer.headers["location"]) == (302, "/thumbnail.jpg")


@pytest.mark.parametrize(
    "path", ["/live/4/still.jpg", "/live/5/still.jpg", "/live/x/still.jpg", "/c/none/thumbnail.jpg"]
)
async def test_there_is_no_picture_of_what_is_not_there(live_studio: Studio, path: str) -> None:
    assert (await get(live_studio, path)).status_code == 404


async def test_another_channel_has_a_picture_of_its_own(live_studio: Studio) -> None:
    live_studio.channels.add(2, "harbour")
    assert (await get(live_studio, "/c/harbour/thumbnail.jpg")).headers["content-type"] == "image/png"
