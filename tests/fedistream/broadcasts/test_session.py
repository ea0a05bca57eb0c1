import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from fedistream.broadcasts.session import BroadcastRun, LiveSession, MakeTap, SessionConfig
from fedistream.broadcasts.values import TRANSITIONS, BroadcastEndReason, Encoder, LiveStatus, State, Transition
from media import LastKeyframe, Sample
from media.package import PackagerConfig
from tests.kit.samples import BOTH, frames, interleaved, sounds

START = datetime(2026, 5, 1, 20, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class FakeRecorder:
    """A recorder that keeps its calls in memory."""

    turns: list[str] = field(default_factory=list)
    ended_at: datetime | None = None
    reason: str = ""

    def started(self, channel_id: int, run: BroadcastRun, encoder: Encoder) -> None:
        run.broadcast_id = 7
        self.turns.append(f"started {run.title} from {encoder.address}")

    def lost(self, channel_id: int, run: BroadcastRun, at: datetime, until: datetime) -> None:
        self.turns.append(f"lost for {(until - at).total_seconds():g}")

    def returned(self, channel_id: int, run: BroadcastRun, at: datetime) -> None:
        self.turns.append("returned")

    def ended(self, channel_id: int, run: BroadcastRun, at: datetime, reason: str) -> None:
        self.turns.append("ended")
        self.ended_at, self.reason = at, reason


class Obs:
    """An encoder on the air."""

    def __init__(self, address: str = "192.0.2.1") -> None:
        self.address = address
        self.dropped = ""

    def encoder(self) -> Encoder:
        return Encoder(self.address, START, "OBS", 1920, 1080, 30.0, 6000, 160, "H.264", "AAC")

    def warnings(self) -> tuple[str, ...]:
        return ("The encoder is warm.",)

    def drop(self, why: str) -> None:
        self.dropped = why


def channel(grace_s: float = 60, *, make_taps: Sequence[MakeTap] = ()) -> tuple[LiveSession, FakeRecorder, Clock]:
    recorder, clock = FakeRecorder(), Clock()
    tokens = iter(f"token{n}" for n in range(100))
    session = LiveSession(
        1,
        lambda: SessionConfig("Baking", grace_s, PackagerConfig()),
        recorder,
        clock,
        lambda: next(tokens),
        make_taps,
    )
    return session, recorder, clock


def publish(session: LiveSession, source: Obs, seconds: float = 3) -> int:
    sink, start_ms = session.take(source)
    sink.start(BOTH)
    for sample in interleaved(frames(seconds, start_ms=start_ms), sounds(seconds, start_ms=start_ms)):
        sink.put(sample)
    return start_ms


async def test_a_channel_begins_offline() -> None:
    session, recorder, _ = channel()
    live_status = session.live_status()
    assert (live_status.state, live_status.encoder, live_status.playable, recorder.turns) == (
        State.OFFLINE,
        None,
        False,
        [],
    )


async def test_an_encoder_that_sends_begins_a_broadcast() -> None:
    session, recorder, _ = channel()
    publish(session, Obs())
    live_status = session.live_status()
    assert live_status.state is State.LIVE
    assert (live_status.broadcast_id, live_status.started_at, live_status.playable) == (7, START, True)
    assert live_status.encoder is not None
    assert live_status.encoder.software == "OBS"
    assert live_status.warnings == ("The encoder is warm.",)
    assert recorder.turns == ["started Baking from 192.0.2.1"]


async def test_an_encoder_that_says_goodbye_ends_it_at_once() -> None:
    session, recorder, clock = channel()
    obs = Obs()
    publish(session, obs)
    clock.pass_s(30)
    session.finished(obs)
    live_status = session.live_status()
    assert (live_status.state, live_status.playable, live_status.last_ended_at) == (State.OFFLINE, False, clock.now)
    assert recorder.turns[-1] == "ended"
    assert session.presentation is not None
    assert (await session.presentation.source.playlist()).plain.endswith(b"#EXT-X-ENDLIST\n")


async def test_a_lost_connection_opens_the_grace_time_with_the_playlist_open() -> None:
    session, recorder, _ = channel()
    obs = Obs()
    publish(session, obs)
    session.lost(obs)
    live_status = session.live_status()
    assert (live_status.state, live_status.lost_at, live_status.until) == (
        State.WAITING,
        START,
        START + timedelta(seconds=60),
    )
    assert live_status.playable
    assert live_status.encoder is None
    assert recorder.turns[-1] == "lost for 60"
    assert session.presentation is not None
    assert b"ENDLIST" not in (await session.presentation.source.playlist()).plain
    session.close()


async def test_the_encoders_return_goes_on_in_the_same_broadcast_after_a_discontinuity() -> None:
    session, recorder, clock = channel()
    first, second = Obs(), Obs()
    publish(session, first)
    session.lost(first)
    clock.pass_s(20)
    presentation = session.presentation
    start_ms = publish(session, second)
    live_status = session.live_status()
    assert (live_status.state, live_status.broadcast_id, live_status.lost_at, live_status.until) == (
        State.LIVE,
        7,
        None,
        None,
    )
    assert start_ms > 2_900
    assert session.presentation is presentation
    assert presentation is not None
    assert (await presentation.source.playlist()).plain.count(b"#EXT-X-DISCONTINUITY\n") == 1
    assert recorder.turns == ["started Baking from 192.0.2.1", "lost for 60", "returned"]


async def test_the_grace_time_ends_the_broadcast_at_the_moment_it_was_lost() -> None:
    session, recorder, _ = channel(grace_s=0.05)
    obs = Obs()
    publish(session, obs)
    session.lost(obs)
    assert session.presentation is not None
    number, _ = session.presentation.source.window.position
    waited = await session.presentation.source.playlist(number + 1)  # answered when the end comes
    assert waited.plain.endswith(b"#EXT-X-ENDLIST\n")
    assert (session.state, recorder.ended_at, recorder.reason) == (State.OFFLINE, START, BroadcastEndReason.EXPIRED)


async def test_a_grace_of_zero_ends_it_with_the_connection() -> None:
    session, recorder, _ = channel(grace_s=0)
    obs = Obs()
    publish(session, obs)
    session.lost(obs)
    assert (session.state, recorder.turns[-1]) == (State.OFFLINE, "ended")


async def test_a_second_encoder_takes_over_and_the_first_is_sent_away() -> None:
    session, recorder, _ = channel()
    first, second = Obs("192.0.2.1"), Obs("192.0.2.2")
    publish(session, first)
    publish(session, second)
    assert "took over" in first.dropped
    session.lost(first)
    live_status = session.live_status()
    assert live_status.state is State.LIVE
    assert live_status.encoder is not None
    assert live_status.encoder.address == "192.0.2.2"
    assert session.presentation is not None
    assert (await session.presentation.source.playlist()).plain.count(b"#EXT-X-DISCONTINUITY\n") == 1
    assert recorder.turns == ["started Baking from 192.0.2.1"]


async def test_the_goodbye_of_an_encoder_that_was_replaced_ends_nothing() -> None:
    session, _, _ = channel()
    first, second = Obs(), Obs()
    publish(session, first)
    publish(session, second)
    session.finished(first)
    assert session.state is State.LIVE


async def test_the_admin_ends_a_running_broadcast_and_its_encoder_is_told() -> None:
    session, recorder, _ = channel()
    obs = Obs()
    publish(session, obs)
    assert session.disconnect()
    assert "admin" in obs.dropped
    session.lost(obs)
    assert (session.state, recorder.turns[-1], recorder.reason) == (
        State.OFFLINE,
        "ended",
        BroadcastEndReason.DISCONNECTED,
    )
    assert not session.disconnect()


async def test_the_admin_ends_a_waiting_broadcast() -> None:
    session, recorder, _ = channel()
    obs = Obs()
    publish(session, obs)
    session.lost(obs)
    assert session.disconnect()
    assert (session.state, recorder.turns[-1]) == (State.OFFLINE, "ended")


async def test_a_tap_joins_before_the_first_sample_and_is_closed_with_the_broadcast() -> None:
    statuses, taps = list[LiveStatus](), list[LastKeyframe]()

    def make_tap(live_status: LiveStatus) -> LastKeyframe:
        statuses.append(live_status)
        taps.append(LastKeyframe())
        return taps[-1]

    session, _, _ = channel(make_taps=[make_tap, lambda live_status: None])
    obs = Obs()
    sink, start_ms = session.take(obs)
    assert [(live_status.channel_id, live_status.state, live_status.started_at) for live_status in statuses] == [
        (1, State.LIVE, START)
    ]
    sink.start(BOTH)
    sink.put(frames(1)[0])
    assert newest(taps) == [start_ms]
    session.lost(obs)
    start_ms = publish(session, obs)  # the same broadcast goes on
    assert newest(taps) == [start_ms + 2_000]
    session.finished(obs)
    assert newest(taps) == [None]
    publish(session, obs)
    assert newest(taps) == [None, 2_000]


def newest(taps: list[LastKeyframe]) -> list[int | None]:
    """The times of the newest keyframes."""
    return [None if tap.newest is None else tap.newest.dts_ms for tap in taps]


async def test_after_a_restart_taps_join_the_waiting_broadcast_when_its_encoder_is_back() -> None:
    taps = list[LastKeyframe]()

    def make_tap(live_status: LiveStatus) -> LastKeyframe:
        taps.append(LastKeyframe())
        return taps[-1]

    session, _, clock = channel(make_taps=[make_tap])
    session.run = BroadcastRun(START, "Baking", 7)
    session.wait(START, START + timedelta(seconds=60))
    clock.pass_s(5)
    assert taps == []
    publish(session, Obs())
    assert [tap.newest is not None for tap in taps] == [True]
    session.close()


class Failing(LastKeyframe):
    """A tap that fails with its first sample."""

    def put(self, sample: Sample) -> None:
        raise OSError("the disk is full")


class Sleeping(LastKeyframe):
    """A tap that does with every sample what takes its time."""

    puts = 0

    def put(self, sample: Sample) -> None:
        self.puts += 1
        time.sleep(0.3)


@pytest.mark.parametrize("tap", [Failing(), Sleeping()])
async def test_a_tap_that_fails_or_is_slow_harms_neither_the_stream_nor_other_taps(
    tap: LastKeyframe, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(live_status: LiveStatus) -> LastKeyframe:
        raise OSError("there is no folder")

    other = LastKeyframe()
    session, _, _ = channel(make_taps=[broken, lambda live_status: tap, lambda live_status: other])
    publish(session, Obs(), seconds=5)
    assert session.live_status().playable
    assert session.presentation is not None
    assert session.presentation.source.window.position >= (2, 0)
    assert other.newest is not None
    assert other.newest.dts_ms == 4_000
    assert "there is no folder" in caplog.text
    assert "was detached" in caplog.text
    assert not isinstance(tap, Sleeping) or tap.puts == 2
    session.close()


async def test_the_next_broadcast_has_a_playlist_of_its_own() -> None:
    session, recorder, _ = channel()
    first, second = Obs(), Obs()
    publish(session, first)
    session.finished(first)
    before = session.presentation
    assert publish(session, second) == 0
    assert session.presentation is not before
    assert session.presentation is not None
    assert session.presentation.source.window.segments[0].number == 0
    assert recorder.turns.count("started Baking from 192.0.2.1") == 2


async def test_a_broadcast_of_an_earlier_process_is_waited_for_and_its_numbers_are_not_used_again() -> None:
    session, recorder, clock = channel()
    session.run = BroadcastRun(START - timedelta(seconds=500), "Baking", 7)
    session.wait(START, START + timedelta(seconds=30))
    assert session.live_status().state is State.WAITING
    assert not session.live_status().playable
    clock.pass_s(10)
    publish(session, Obs())
    assert session.presentation is not None
    assert session.presentation.source.window.segments[0].number == 510
    assert session.live_status().broadcast_id == 7
    assert recorder.turns == ["returned"]
    session.close()


async def test_a_node_that_stops_leaves_the_broadcast_waiting() -> None:
    session, recorder, _ = channel()
    obs = Obs()
    publish(session, obs)
    session.close()
    assert "shutting down" in obs.dropped
    assert (session.state, recorder.turns[-1]) == (State.WAITING, "lost for 60")


async def test_a_node_that_stops_while_offline_tells_nothing() -> None:
    session, recorder, _ = channel()
    session.close()
    assert recorder.turns == []


@pytest.mark.parametrize("state", list(State))
def test_every_state_but_offline_can_be_left_towards_offline(state: State) -> None:
    ways = {target for (source, _), target in TRANSITIONS.items() if source is state}
    assert (State.OFFLINE in ways) == (state is not State.OFFLINE)
    assert (state, Transition.PUBLISHED) in TRANSITIONS
