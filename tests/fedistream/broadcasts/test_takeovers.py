"""Two encoders with one key: the door of a real RTMP server, a real channel, encoders that send and fall silent."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fedistream.broadcasts.takeovers import SILENT_S, WORDS, Takeovers
from media import flv
from media.rtmp import REJECTED, Audio, PublishClient, PublishFailed, RtmpServer, Video, client
from tests.fedistream.broadcasts.test_service import KEY, station
from tests.kit.footage import flv_tags

PATIENCE_S = 30


@dataclass
class Sender:
    address: str
    heard_at: float = 0.0

    def silent_s(self) -> float:
        return asyncio.get_running_loop().time() - self.heard_at

    async def send_on(self) -> None:
        while True:
            self.heard_at = asyncio.get_running_loop().time()
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def sending(*senders: Sender) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(sender.send_on()) for sender in senders]
    await asyncio.sleep(0)
    yield
    for task in tasks:
        task.cancel()


async def test_the_first_takeover_is_as_it_was_meant_and_whoever_comes_back_is_refused() -> None:
    both, first, second = Takeovers(), Sender("192.0.2.1"), Sender("192.0.2.2")
    async with sending(first, second):
        both.take(first)
        assert await both.may_come("192.0.2.2")
        both.take(second)
        assert both.warnings() == (
            "Two encoders publish with the same stream key: "
            "192.0.2.2 is live, and 192.0.2.1 keeps coming back and is refused.",
        )
        for _ in range(3):
            assert not await both.may_come("192.0.2.1")
        both.leave(first)  # what was sent away says so late
        assert not await both.may_come("192.0.2.1")
        both.leave(second)
        assert await both.may_come("192.0.2.1")
        assert both.warnings() == ()


async def test_an_encoder_that_fell_silent_is_replaced_by_its_return_every_time() -> None:
    both = Takeovers()
    clock = asyncio.get_running_loop().time
    for _ in range(5):
        assert await both.may_come("192.0.2.1")
        both.take(Sender("192.0.2.1", heard_at=clock() - SILENT_S))
        assert both.warnings() == ()


async def test_after_a_takeover_an_encoder_whose_connection_broke_is_let_in_once_it_was_silent_long_enough() -> None:
    both, first, second = Takeovers(), Sender("192.0.2.1"), Sender("192.0.2.1")
    clock = asyncio.get_running_loop().time
    async with sending(first, second):
        both.take(first)
        both.take(second)
    begun = clock()
    assert await both.may_come("192.0.2.1")
    assert clock() - begun >= SILENT_S - 0.1


async def test_a_waiting_encoder_is_accepted_when_the_other_leaves() -> None:
    both, first, second = Takeovers(), Sender("192.0.2.1"), Sender("192.0.2.2")
    async with sending(first, second):
        both.take(first)
        both.take(second)
    asking = asyncio.create_task(both.may_come("192.0.2.1"))
    await asyncio.sleep(0)
    both.leave(second)
    assert await asking


class Encoder:
    """Publishes the clip over and over."""

    def __init__(self, publish: PublishClient) -> None:
        self.publish = publish
        self.running = asyncio.create_task(self._run())

    async def _run(self) -> None:
        later = 0
        with contextlib.suppress(PublishFailed):
            while True:
                for tag in flv_tags():
                    if tag.kind is flv.TagKind.SCRIPT:
                        continue
                    event = Video if tag.kind is flv.TagKind.VIDEO else Audio
                    self.publish.send(event(tag.timestamp_ms + later, tag.payload))
                    await asyncio.sleep(0.005)
                later += 10_000

    async def stop(self) -> None:
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)
        await self.publish.close()


async def test_of_two_real_encoders_that_reconnect_for_ever_one_stays_and_the_other_is_told_why(tmp_path: Path) -> None:
    async with station(tmp_path) as node:
        server = RtmpServer(node.broadcasts)
        port = await server.listen("127.0.0.1", 0)
        url = f"rtmp://127.0.0.1:{port}/live/{KEY}"
        first = Encoder(await client.connect(url))
        async with asyncio.timeout(PATIENCE_S):
            while node.broadcasts.live_status(node.home).encoder is None:
                await asyncio.sleep(0.01)
        second = Encoder(await client.connect(url))
        async with asyncio.timeout(PATIENCE_S):
            failure = await first.publish.wait_closed()
        assert "took over" in str(failure)
        for _ in range(3):
            with pytest.raises(PublishFailed) as refused:
                await client.connect(url)
            assert (refused.value.code, str(refused.value)) == (REJECTED, WORDS)
        assert second.publish.publishing
        assert "Two encoders publish with the same stream key" in node.broadcasts.live_status(node.home).warnings[-1]
        await second.stop()
        await first.stop()
        third = Encoder(await client.connect(url))
        assert third.publish.publishing
        await third.stop()
        await server.close()
