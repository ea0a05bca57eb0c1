"""Redirects are followed within their limits, each as a request of its own, and never to a blocked or insecure URL."""

import asyncio

import pytest
from aiohttp import web

from activitypub.network.guard import Blocked
from activitypub.network.http_client import HttpClient
from activitypub.network.redirects import (
    KEEP_METHOD,
    Followed,
    Hop,
    RedirectLimits,
    RedirectRefused,
    TooManyRedirects,
    follow,
    get,
)
from activitypub.network.transport import Response, ResponseTooLarge, Unreachable
from activitypub.signatures.request import Request
from activitypub.urls import BadUrl
from tests.kit.remote import Remote, client_for, remote

START = "https://a.example/start"


class Site:
    """A site by a table: a text is the Location of a 302, a pair is status and Location. Other paths are 200."""

    def __init__(self, **pages: str | tuple[int, str]) -> None:
        self.pages = {f"/{name}": page for name, page in pages.items()}
        self.asked: list[str] = []

    def find(self, path: str) -> tuple[int, dict[str, str]]:
        page = self.pages.get(path)
        if page is None:
            return 200, {}
        status, place = page if isinstance(page, tuple) else (302, page)
        return status, {"Location": place}

    async def send(self, url: str) -> Response:
        self.asked.append(url)
        status, headers = self.find("/" + url.partition("://")[2].partition("/")[2])
        return Response(status, {name.lower(): value for name, value in headers.items()}, url.encode())

    def __call__(self, request: Request) -> web.Response:
        status, headers = self.find(request.target)
        return web.Response(status=status, headers=headers, text=request.target)


async def test_a_response_that_is_no_redirect_is_returned_as_it_came() -> None:
    site = Site()
    assert await follow(START, site.send) == Followed(Response(200, {}, START.encode()), START)
    assert site.asked == [START]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_each_redirect_is_followed(status: int) -> None:
    site = Site(start=(status, "/there"))
    followed = await follow(START, site.send)
    assert followed.url == "https://a.example/there"
    assert followed.hops == (Hop(status, followed.url),)


@pytest.mark.parametrize("status", [300, 304, 305, 306, 399])
async def test_other_statuses_are_no_redirects(status: int) -> None:
    followed = await follow(START, Site(start=(status, "/there")).send)
    assert (followed.response.status, followed.hops) == (status, ())


@pytest.mark.parametrize(("status", "url"), [(302, START), (303, START), (308, "https://a.example/there")])
async def test_the_caller_says_which_statuses_are_followed(status: int, url: str) -> None:
    followed = await follow(START, Site(start=(status, "/there")).send, statuses=KEEP_METHOD)
    assert followed.url == url


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/there?x=1", "https://a.example/there?x=1"),
        ("there", "https://a.example/there"),
        ("//b.example/there", "https://b.example/there"),
        ("https://b.example:8443/there#part", "https://b.example:8443/there#part"),
        ("https://münchen.example/für", "https://xn--mnchen-3ya.example/f%C3%BCr"),
    ],
)
async def test_a_location_is_resolved_against_the_url_that_gave_it(location: str, url: str) -> None:
    assert (await follow(START, Site(start=location).send)).url == url


@pytest.mark.parametrize(
    "location",
    ["", "http://[", "ftp://a.example/", "https://u@a.example/", "javascript:x", "https://a..b/", "/" + "x" * 3000],
)
async def test_a_location_that_is_no_url_is_refused(location: str) -> None:
    site = Site(start=location)
    with pytest.raises(RedirectRefused):
        await follow(START, site.send)
    assert site.asked == [START]


async def test_https_never_leads_to_http() -> None:
    site = Site(start="http://a.example/there")
    with pytest.raises(RedirectRefused, match="from https to http"):
        await follow(START, site.send)
    followed = await follow("http://a.example/start", Site(start="https://a.example/there").send)
    assert followed.url == "https://a.example/there"


async def test_https_does_not_lead_to_http_by_a_detour() -> None:
    site = Site(start="https://b.example/next", next="http://b.example/there")
    with pytest.raises(RedirectRefused, match="from https to http"):
        await follow(START, site.send)


@pytest.mark.parametrize("count", [0, 1, 5])
async def test_so_many_redirects_are_followed_and_no_more(count: int) -> None:
    limits = RedirectLimits(count=count)
    pages: dict[str, str | tuple[int, str]] = {"start": "/1", **{str(n): f"/{n + 1}" for n in range(1, count)}}
    enough = Site(**pages)
    if count:
        assert (await follow(START, enough.send, limits=limits)).url == f"https://a.example/{count}"
        assert len(enough.asked) == count + 1
    endless = Site(start="/start")
    with pytest.raises(TooManyRedirects, match=f"more than {count} redirects"):
        await follow(START, endless.send, limits=limits)
    assert len(endless.asked) == count + 1


async def test_all_hops_together_have_a_limit_of_time() -> None:
    async def never(url: str) -> Response:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(Unreachable, match="no response within 0 s"):
        await follow(START, never, limits=RedirectLimits(total_s=0.01))


async def test_a_time_out_of_the_sender_or_the_caller_stays_theirs() -> None:
    async def late(url: str) -> Response:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        await follow(START, late)

    async def never(url: str) -> Response:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await follow(START, never)


async def test_what_the_sender_raises_at_any_hop_passes() -> None:
    site = Site(start="/there")

    async def broken(url: str) -> Response:
        if url.endswith("/there"):
            raise Unreachable("broken")
        return await site.send(url)

    with pytest.raises(Unreachable, match="broken"):
        await follow(START, broken)


async def got(far: Remote, client: HttpClient, max_body: int | None = None) -> Followed:
    return await get(client, f"{far.origin}/start", [("Accept", "text/plain")], max_body=max_body)


async def test_a_get_sends_its_headers_at_each_hop() -> None:
    async with remote(Site(start="/there")) as far, client_for(far) as client:
        followed = await got(far, client)
        assert (followed.url, followed.response.body) == (f"{far.origin}/there", b"/there")
        assert [(each.target, each.header("accept")) for each in far.asked] == [
            ("/start", "text/plain"),
            ("/there", "text/plain"),
        ]


@pytest.mark.parametrize("location", ["https://127.0.0.1/", "http://169.254.169.254/latest", "https://localhost:8443/"])
async def test_the_address_of_each_hop_is_checked(location: str) -> None:
    async with remote(Site(start="/next", next=location)) as far, client_for(far) as client:
        with pytest.raises(Blocked):
            await got(far, client)
        assert [each.target for each in far.asked] == ["/start", "/next"]


async def test_the_size_of_the_last_response_is_limited() -> None:
    async with remote(Site(start="/" + "x" * 100)) as far, client_for(far) as client:
        assert len((await got(far, client, 101)).response.body) == 101
        with pytest.raises(ResponseTooLarge):
            await got(far, client, 100)


async def test_what_is_no_url_is_not_fetched() -> None:
    async with client_for() as client:
        with pytest.raises(BadUrl):
            await get(client, "ftp://a.example/")
