"""One encoder's publish on a real live session: its beginning, its details and its end."""

from datetime import UTC, datetime

import pytest

from fedistream.broadcasts.publication import EncoderPublication
from fedistream.broadcasts.session import LiveSession
from fedistream.broadcasts.values import State
from media import flv
from media.errors import Unplayable
from media.rtmp import Connection, EndReason, PublishRequest
from tests.fedistream.broadcasts.test_service import Wire
from tests.fedistream.broadcasts.test_session import START, FakeRecorder, channel
from tests.kit.footage import Recipe, flv_tags

CONNECTED_AT = datetime(2026, 5, 1, 19, 59, tzinfo=UTC)
FOOTAGE = Recipe(seconds=2, size=(160, 90), fps=15, gop=15, kbps=100)


class Encoder:
    """An encoder with a connection of its own, on the session that the test gives."""

    def __init__(self, session: LiveSession, address: str = "192.0.2.1") -> None:
        self.wire = Wire(address)
        request = PublishRequest("live", "key", {}, address, "FMLE/3.0", "rtmp://node/live", secure=False)
        connection: Connection = self.wire  # type: ignore[assignment]
        self.publication = EncoderPublication(session, request, connection, lambda: CONNECTED_AT)

    def metadata(self, **values: object) -> None:
        self.publication.ingest.metadata(values)

    def send(self, later_ms: int = 0) -> None:
        for tag in flv_tags(FOOTAGE):
            if tag.kind is flv.TagKind.VIDEO:
                self.publication.ingest.video(tag.timestamp_ms + later_ms, tag.payload)
            elif tag.kind is flv.TagKind.AUDIO:
                self.publication.ingest.audio(tag.timestamp_ms + later_ms, tag.payload)

    def end(self, reason: EndReason) -> None:
        self.publication.ingest.ended(reason, "for the log")


async def live() -> tuple[LiveSession, FakeRecorder, Encoder]:
    session, recorder, _ = channel()
    encoder = Encoder(session)
    encoder.send()
    return session, recorder, encoder


async def test_an_encoder_that_sends_nothing_is_not_live() -> None:
    session, recorder, _ = channel()
    Encoder(session).metadata(encoder="OBS")
    assert (session.live_status().state, recorder.turns) == (State.OFFLINE, [])


async def test_an_encoder_that_sends_media_is_live_and_shown() -> None:
    session, recorder, encoder = await live()
    live_status = session.live_status()
    assert (live_status.state, live_status.playable, live_status.started_at) == (State.LIVE, True, START)
    assert live_status.encoder == encoder.publication.encoder()
    assert recorder.turns == ["started Baking from 192.0.2.1"]


async def test_an_encoder_is_called_what_it_calls_itself_or_else_by_its_flash_version() -> None:
    session, _, _ = channel()
    silent, talkative = Encoder(session), Encoder(session)
    silent.send()
    talkative.metadata(encoder="obs-output module (libobs version 30.0.0)", videodatarate=2500.0, framerate=15.0)
    talkative.send()
    assert silent.publication.encoder().software == "FMLE/3.0"
    shown = talkative.publication.encoder()
    assert (shown.address, shown.connected_at) == ("192.0.2.1", CONNECTED_AT)
    assert (shown.software, shown.video_kbps) == ("obs-output module (libobs version 30.0.0)", 2500.0)
    assert (shown.width, shown.height, shown.framerate) == (160, 90, 15.0)
    assert shown.video_codec.startswith("H.264")
    assert shown.audio_codec.startswith("AAC")


async def test_an_encoder_that_says_it_is_done_ends_the_broadcast() -> None:
    session, recorder, encoder = await live()
    encoder.end(EndReason.FINISHED)
    assert session.live_status().state is State.OFFLINE
    assert (recorder.turns[-1], recorder.reason) == ("ended", "finished")


@pytest.mark.parametrize("reason", [EndReason.LOST, EndReason.CLOSED])
async def test_the_broadcast_waits_for_an_encoder_that_disappears(reason: EndReason) -> None:
    session, recorder, encoder = await live()
    encoder.end(reason)
    assert session.live_status().state is State.WAITING
    Encoder(session).send()
    assert session.live_status().state is State.LIVE
    assert recorder.turns[-2:] == ["lost for 60", "returned"]


async def test_the_end_of_one_that_never_sent_changes_nothing() -> None:
    session, recorder, _ = await live()
    other = Encoder(session, "192.0.2.2")
    other.end(EndReason.FINISHED)
    assert session.live_status().state is State.LIVE
    assert recorder.turns == ["started Baking from 192.0.2.1"]


async def test_another_one_takes_over_and_the_end_of_the_first_is_no_end() -> None:
    session, recorder, first = await live()
    second = Encoder(session, "192.0.2.2")
    second.send()
    assert "another encoder took over" in first.wire.closed
    first.end(EndReason.CLOSED)
    live_status = session.live_status()
    assert live_status.state is State.LIVE
    assert live_status.encoder is not None
    assert live_status.encoder.address == "192.0.2.2"
    assert recorder.turns == ["started Baking from 192.0.2.1"]


async def test_what_cannot_be_played_is_refused_in_words_that_the_admin_reads() -> None:
    session, recorder, _ = channel()
    encoder = Encoder(session)
    with pytest.raises(Unplayable, match="HEVC"):
        encoder.publication.ingest.video(0, b"\x90hvc1" + bytes(40))
    (shown,) = session.live_status().warnings
    assert shown.startswith("An encoder was refused.")
    assert "HEVC" in shown
    assert recorder.turns == []


async def test_its_warnings_are_sentences() -> None:
    session, _, encoder = await live()
    encoder.send(later_ms=600_000)
    found = encoder.publication.warnings()
    assert found
    assert all(sentence.endswith(".") for sentence in found)
    assert session.live_status().warnings == found


async def test_to_drop_it_is_to_close_its_connection_with_the_reason() -> None:
    _, _, encoder = await live()
    encoder.publication.drop("the admin said so")
    assert encoder.wire.closed == "the admin said so"
