import gzip
from collections.abc import Iterable

import httpx2
import pytest

from fedistream.api.hls import HlsFace, Question, parse_question
from fedistream.broadcasts.service import Broadcasts
from fedistream.channels.service import Channels as RealChannels
from fedistream.channels.values import Channel
from fedistream.metrics.playback import BURST, PlaybackMetrics
from fedistream.viewers.service import Viewers as RealViewers
from media import Sample
from media.package import PackagerConfig, Presentation
from tests.kit.asking import Clock
from tests.kit.routing import CHANNEL
from tests.kit.samples import BOTH, frames, interleaved, sounds


class Channels(RealChannels):
    def __init__(self) -> None:
        super().__init__(lambda: CHANNEL.created_at, lambda length: "")
        self._know(CHANNEL)
        self._know(Channel(2, "garden", CHANNEL.created_at))


class Broadcasting(Broadcasts):
    def __init__(self, presentations: dict[int, Presentation]) -> None:
        self.presentations = presentations

    def presentation(self, channel_id: int) -> Presentation | None:
        return self.presentations.get(channel_id)


class Viewers(RealViewers):
    def __init__(self) -> None:
        self.came: list[tuple[int, str, str]] = []

    def seen(self, channel_id: int, address: str, user_agent: str) -> None:
        self.came.append((channel_id, address, user_agent))


def streaming(name: str = "tok", stall_s: float | None = None) -> Presentation:
    samples: Iterable[Sample] = interleaved(frames(7), sounds(7))
    presentation = Presentation(
        name, PackagerConfig(stall_s=stall_s, quick_start=False), first=0, wall_ms=lambda: 1_700_000_000_000
    )
    presentation.source.start(BOTH)
    for sample in samples:
        presentation.source.put(sample)
    return presentation


class Site:
    def __init__(self) -> None:
        self.broadcasting, self.viewers = Broadcasting({1: streaming()}), Viewers()
        clock = Clock()
        self.playback = PlaybackMetrics(clock.monotonic, clock.now)
        face = HlsFace(Channels(), self.broadcasting, self.viewers, self.playback)
        transport = httpx2.ASGITransport(app=face, client=("198.51.100.7", 4000))
        self.client = httpx2.AsyncClient(transport=transport, base_url="http://node.test")

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        return await self.client.get(path, headers={"accept-encoding": "identity", **headers})


@pytest.fixture
def site() -> Site:
    return Site()


async def test_the_home_channel_is_served_from_init_to_last_part(site: Site) -> None:
    top = await site.get("/hls/stream.m3u8")
    assert top.status_code == 200
    assert top.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert "0/stream.m3u8" in top.text
    listing = (await site.get("/hls/0/stream.m3u8")).text
    for name, kind in (("tok-i1.mp4", "video/mp4"), ("tok-1.m4s", "video/iso.segment"), ("tok-3.1.m4s", None)):
        assert name in listing
        got = await site.get(f"/hls/0/{name}")
        assert got.status_code == 200
        assert kind is None or got.headers["content-type"] == kind
        assert int(got.headers["content-length"]) == len(got.content) > 0


async def test_other_channels_have_their_slug_in_the_path(site: Site) -> None:
    site.broadcasting.presentations[2] = streaming("abc")
    assert "0/stream.m3u8" in (await site.get("/hls/garden/stream.m3u8")).text
    assert "abc-1.m4s" in (await site.get("/hls/garden/0/stream.m3u8")).text
    assert (await site.get("/hls/garden/0/abc-1.m4s")).status_code == 200


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("?CMCD=br%3D3200%2Cmtp%3D25400%2Csid%3D%22abc%22", {}),
        ("", {"CMCD-Object": "br=3200", "CMCD-Request": "mtp=25400", "CMCD-Session": 'sid="abc"'}),
    ],
)
async def test_what_players_say_with_their_requests_is_counted(site: Site, query: str, headers: dict[str, str]) -> None:
    assert (await site.get(f"/hls/0/tok-1.m4s{query}", **headers)).status_code == 200
    (client,) = site.playback.clients(1)
    assert (client.session, client.address) == ("abc", "198.51.100.7")
    assert (client.playback.source, client.playback.bitrate_kbps, client.playback.bandwidth_kbps) == (
        *("server", 3200),
        25400,
    )


@pytest.mark.parametrize("query", ["", "?CMCD=%22", "?CMCD=" + "a" * 2000, "?cmcd=br%3D1", "?CMCD=%ff%3D"])
async def test_what_is_no_report_costs_the_video_nothing(site: Site, query: str) -> None:
    assert (await site.get(f"/hls/0/tok-1.m4s{query}")).status_code == 200
    assert site.playback.clients(1) == ()


async def test_reports_that_come_too_fast_are_left_out_and_the_video_is_not(site: Site) -> None:
    for _ in range(BURST + 5):
        assert (await site.get("/hls/0/tok-1.m4s", **{"CMCD-Status": "bs"})).status_code == 200
    assert site.playback.error_count == BURST
    site.playback.acquire("198.51.100.7")  # calls of their own have another pace


async def test_playlists_are_never_cached_and_media_always(site: Site) -> None:
    assert "no-store" in (await site.get("/hls/0/stream.m3u8")).headers["cache-control"]
    assert "immutable" in (await site.get("/hls/0/tok-1.m4s")).headers["cache-control"]
    assert "no-store" in (await site.get("/hls/0/tok-99.m4s")).headers["cache-control"]


async def test_playlists_are_compressed_for_those_who_take_it(site: Site) -> None:
    plain = await site.get("/hls/0/stream.m3u8")
    packed = await site.get("/hls/0/stream.m3u8", **{"accept-encoding": "gzip, br"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == plain.text
    packager = site.broadcasting.presentations[1].source
    assert gzip.decompress((await packager.playlist()).gzipped) == plain.content


@pytest.mark.parametrize("path", ["/hls/stream.m3u8", "/hls/0/stream.m3u8", "/hls/0/tok-1.m4s", "/hls/none"])
async def test_every_answer_may_be_read_by_any_page(site: Site, path: str) -> None:
    assert (await site.get(path)).headers["access-control-allow-origin"] == "*"
    preflight = await site.client.options(path)
    assert preflight.status_code == 204
    assert "GET" in preflight.headers["access-control-allow-methods"]


async def test_a_client_that_refuses_gzip_gets_the_plain_playlist(site: Site) -> None:
    for header in ("gzip;q=0", "*;q=0", "br"):
        answer = await site.get("/hls/0/stream.m3u8", **{"accept-encoding": header})
        assert "content-encoding" not in answer.headers
        assert answer.headers["vary"] == "accept-encoding"


async def test_a_head_request_is_no_viewer(site: Site) -> None:
    for path in ("/hls/stream.m3u8", "/hls/0/stream.m3u8"):
        assert (await site.client.head(path)).status_code == 200
        assert not site.viewers.came
    await site.get("/hls/0/stream.m3u8")
    assert len(site.viewers.came) == 1


async def test_head_says_what_get_would_send(site: Site) -> None:
    got, head = await site.get("/hls/0/tok-1.m4s"), await site.client.head("/hls/0/tok-1.m4s")
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"]


async def test_only_reading_is_possible(site: Site) -> None:
    answer = await site.client.put("/hls/0/tok-1.m4s", content=b"x")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize(
    "path",
    [
        "/hls/",
        "/hls/nobody/stream.m3u8",
        "/hls/0/other-1.m4s",
        "/hls/0/tok-77.m4s",
        "/hls/1/stream.m3u8",
        "/hls/0/../../etc/passwd",
        "/hls/0/0/0/0",
        "/hls/0/%2e%2e%2fsecret",
        "/hls/garden/stream.m3u8",
    ],
)
async def test_what_is_not_there_is_a_404(site: Site, path: str) -> None:
    assert (await site.get(path)).status_code == 404


async def test_a_broadcast_that_gets_no_further_than_its_start_is_a_503(site: Site) -> None:
    site.broadcasting.presentations[1] = Presentation("new", PackagerConfig(stall_s=0), first=0, wall_ms=lambda: 0)
    assert (await site.get("/hls/stream.m3u8")).status_code == 503


async def test_a_reload_too_far_ahead_is_a_400(site: Site) -> None:
    assert (await site.get("/hls/0/stream.m3u8?_HLS_msn=50")).status_code == 400


async def test_a_reload_of_what_is_there_is_answered_at_once(site: Site) -> None:
    answer = await site.get("/hls/0/stream.m3u8?_HLS_msn=3&_HLS_part=1&_HLS_skip=YES")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "_HLS_msn=x",
        "_HLS_msn=-1",
        "_HLS_msn=1.5",
        "_HLS_msn=",
        "_HLS_part=1",
        "_HLS_msn=1&_HLS_part=NaN",
        "_HLS_msn=" + "9" * 40,
        "_HLS_msn=%D9%A1",
        "a=" + "x" * 2000,
        "&".join(f"a{n}=1" for n in range(50)),
    ],
)
async def test_a_malformed_query_is_a_400(site: Site, query: str) -> None:
    assert (await site.get(f"/hls/0/stream.m3u8?{query}")).status_code == 400


def test_unknown_parameters_are_passed_over() -> None:
    assert parse_question(b"token=x&_HLS_msn=4&_HLS_part=2") == Question(4, 2)
    assert parse_question(b"_HLS_skip=v2") == Question(skip=True)
    assert parse_question(b"") == Question()


async def test_playlist_requests_count_as_viewers_and_media_requests_do_not(site: Site) -> None:
    await site.get("/hls/0/stream.m3u8", **{"user-agent": "VLC/3.0"})
    await site.get("/hls/0/tok-1.m4s", **{"user-agent": "VLC/3.0"})
    assert site.viewers.came == [(1, "198.51.100.7", "VLC/3.0")]


async def test_a_stalled_ingest_is_a_503_that_says_when_to_come_back(site: Site) -> None:
    site.broadcasting.presentations[1] = streaming(stall_s=0)
    answer = await site.get("/hls/0/stream.m3u8?_HLS_msn=4")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
