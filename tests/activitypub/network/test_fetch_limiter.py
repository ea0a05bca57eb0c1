import asyncio

import pytest

from activitypub.network.fetch import FetchedDocument, FetchFailed, FetchFailure
from activitypub.network.fetch_limiter import FAILURE_TTL_S, FetchLimiter, FetchLimits

URL = "https://a.example/1"


class Slow:
    """A fetcher that returns only when it is told to: a document, or the failure that is set for the URL."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.failures: dict[str, FetchFailure] = {}
        self.go = asyncio.Event()
        self.go.set()
        self.now = 1000.0

    async def _fetch(self, kind: str, url: str) -> FetchedDocument:
        self.asked.append((kind, url))
        await self.go.wait()
        if url in self.failures:
            raise FetchFailed(self.failures[url], "x")
        return FetchedDocument({"kind": kind}, url)

    async def activity(self, url: str) -> FetchedDocument:
        return await self._fetch("activity", url)

    async def key_document(self, url: str) -> FetchedDocument:
        return await self._fetch("key", url)

    async def json(self, url: str) -> FetchedDocument:
        return await self._fetch("json", url)

    def limited(self, limits: FetchLimits | None = None) -> FetchLimiter:
        return FetchLimiter(self, lambda: self.now, limits)


async def why(fetcher: FetchLimiter, url: str = URL) -> FetchFailure:
    with pytest.raises(FetchFailed) as caught:
        await fetcher.activity(url)
    return caught.value.failure


async def test_each_kind_of_fetch_is_passed_on() -> None:
    slow = Slow()
    fetcher = slow.limited()
    assert (await fetcher.activity(f"{URL}#x")).document == {"kind": "activity"}
    assert (await fetcher.key_document(f"{URL}#x")).document == {"kind": "key"}
    assert (await fetcher.json(URL)).document == {"kind": "json"}
    assert slow.asked == [("activity", URL), ("key", URL), ("json", URL)]


async def test_a_hundred_requests_for_one_url_share_a_fetch() -> None:
    slow = Slow()
    slow.go.clear()
    fetcher = slow.limited()
    waiting = [asyncio.create_task(fetcher.activity(URL)) for _ in range(100)]
    await asyncio.sleep(0)
    slow.go.set()
    assert {found.url for found in await asyncio.gather(*waiting)} == {URL}
    assert len(slow.asked) == 1
    # what was fetched is not kept here
    await fetcher.activity(URL)
    assert len(slow.asked) == 2


async def test_a_cancelled_request_does_not_end_the_shared_fetch() -> None:
    slow = Slow()
    slow.go.clear()
    fetcher = slow.limited()
    first, second = (asyncio.create_task(fetcher.activity(URL)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    slow.go.set()
    assert (await second).url == URL


async def test_a_failure_that_nobody_waits_for_any_more_makes_no_noise() -> None:
    slow = Slow()
    slow.go.clear()
    slow.failures[URL] = FetchFailure.GONE
    fetcher = slow.limited()
    waiting = asyncio.create_task(fetcher.activity(URL))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    slow.go.set()
    assert await why(fetcher) is FetchFailure.GONE
    assert len(slow.asked) == 1


@pytest.mark.parametrize("failure", [each for each in FetchFailure if FAILURE_TTL_S[each]])
async def test_a_failure_is_cached_for_a_while(failure: FetchFailure) -> None:
    slow = Slow()
    slow.failures[URL] = failure
    fetcher = slow.limited()
    assert await why(fetcher) is failure
    slow.now += FAILURE_TTL_S[failure] - 1
    assert await why(fetcher) is failure
    assert len(slow.asked) == 1
    slow.now += 1
    del slow.failures[URL]
    assert (await fetcher.activity(URL)).url == URL


async def test_the_failure_of_one_kind_is_not_that_of_another() -> None:
    slow = Slow()
    slow.failures[URL] = FetchFailure.INVALID
    fetcher = slow.limited()
    await why(fetcher)
    del slow.failures[URL]
    assert (await fetcher.json(URL)).url == URL


async def test_a_host_is_asked_no_more_often_than_the_limit_allows() -> None:
    slow = Slow()
    fetcher = slow.limited(FetchLimits(fetches=3, period_s=60))
    for number in range(3):
        await fetcher.activity(f"https://a.example/{number}")
    assert await why(fetcher, "https://A.example:443/9") is FetchFailure.RATE_LIMITED
    assert (await fetcher.activity("https://b.example/1")).url == "https://b.example/1"
    slow.now += 60
    assert (await fetcher.activity("https://a.example/9")).url == "https://a.example/9"


async def test_a_fetch_that_takes_too_long_is_given_up() -> None:
    """Each redirect may stay within its time limit while all of them together take too long."""
    slow = Slow()
    slow.go.clear()
    assert await why(slow.limited(FetchLimits(total_s=0.05))) is FetchFailure.UNREACHABLE


async def test_a_text_that_is_no_url_is_not_fetched() -> None:
    slow = Slow()
    assert await why(slow.limited(), "nothing") is FetchFailure.INVALID
    assert slow.asked == []


async def test_what_is_remembered_is_limited() -> None:
    slow = Slow()
    fetcher = slow.limited(FetchLimits(fetches=1, max_remembered=2))
    urls = [f"https://{host}.example/1" for host in "abc"]
    slow.failures = dict.fromkeys(urls, FetchFailure.GONE)
    for url in urls:
        await why(fetcher, url)
    # the oldest was forgotten, both its failure and its count
    assert await why(fetcher, urls[0]) is FetchFailure.GONE
    assert [url for _, url in slow.asked] == [*urls, urls[0]]
