from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from fedistream.broadcasts.session import BroadcastRun, Clocks, LiveSession, SessionConfig
from fedistream.broadcasts.values import TRANSITIONS, Encoder, State, Transition
from media.package.packager import PackagerConfig
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
class Told:
    """A story that is only remembered."""

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


def channel(grace_s: float = 60) -> tuple[LiveSession, Told, Clock]:
    told, clock = Told(), Clock()
    tokens = iter(f"token{n}" for n in range(100))
    onair = LiveSession(
        1, lambda: SessionConfig("Baking", grace_s, PackagerConfig()), told, Clocks(clock, lambda: next(tokens))
    )
    return onair, told, clock


def publish(onair: LiveSession, source: Obs, seconds: float = 3) -> int:
    sink, start_ms = onair.take(source)
    sink.start(BOTH)
    for sample in interleaved(frames(seconds, start_ms=start_ms), sounds(seconds, start_ms=start_ms)):
        sink.put(sample)
    return start_ms


async def test_a_channel_begins_offline() -> None:
    onair, told, _ = channel()
    air = onair.air()
    assert (air.state, air.encoder, air.playable, told.turns) == (State.OFFLINE, None, False, [])


async def test_an_encoder_that_sends_begins_a_broadcast() -> None:
    onair, told, _ = channel()
    publish(onair, Obs())
    air = onair.air()
    assert air.state is State.LIVE
    assert (air.broadcast_id, air.started_at, air.playable) == (7, START, True)
    assert air.encoder is not None
    assert air.encoder.software == "OBS"
    assert air.warnings == ("The encoder is warm.",)
    assert told.turns == ["started Baking from 192.0.2.1"]


async def test_an_encoder_that_says_goodbye_ends_it_at_once() -> None:
    onair, told, clock = channel()
    obs = Obs()
    publish(onair, obs)
    clock.pass_s(30)
    onair.finished(obs)
    air = onair.air()
    assert (air.state, air.playable, air.last_ended_at) == (State.OFFLINE, False, clock.now)
    assert told.turns[-1] == "ended"
    assert onair.packager is not None
    assert (await onair.packager.playlist()).plain.endswith(b"#EXT-X-ENDLIST\n")


async def test_a_lost_connection_opens_the_grace_time_with_the_playlist_open() -> None:
    onair, told, _ = channel()
    obs = Obs()
    publish(onair, obs)
    onair.lost(obs)
    air = onair.air()
    assert (air.state, air.lost_at, air.until) == (State.WAITING, START, START + timedelta(seconds=60))
    assert air.playable
    assert air.encoder is None
    assert told.turns[-1] == "lost for 60"
    assert onair.packager is not None
    assert b"ENDLIST" not in (await onair.packager.playlist()).plain
    onair.close()


async def test_the_encoders_return_goes_on_in_the_same_broadcast_after_a_discontinuity() -> None:
    onair, told, clock = channel()
    first, second = Obs(), Obs()
    publish(onair, first)
    onair.lost(first)
    clock.pass_s(20)
    packager = onair.packager
    start_ms = publish(onair, second)
    air = onair.air()
    assert (air.state, air.broadcast_id, air.lost_at, air.until) == (State.LIVE, 7, None, None)
    assert start_ms > 2_900
    assert onair.packager is packager
    assert packager is not None
    assert (await packager.playlist()).plain.count(b"#EXT-X-DISCONTINUITY\n") == 1
    assert told.turns == ["started Baking from 192.0.2.1", "lost for 60", "returned"]


async def test_the_grace_time_ends_the_broadcast_at_the_moment_it_was_lost() -> None:
    onair, told, _ = channel(grace_s=0.05)
    obs = Obs()
    publish(onair, obs)
    onair.lost(obs)
    assert onair.packager is not None
    number, _ = onair.packager.window.position
    waited = await onair.packager.playlist(number + 1)  # answered when the end comes
    assert waited.plain.endswith(b"#EXT-X-ENDLIST\n")
    assert (onair.state, told.ended_at, told.reason) == (State.OFFLINE, START, "the encoder did not come back")


async def test_a_grace_of_zero_ends_it_with_the_connection() -> None:
    onair, told, _ = channel(grace_s=0)
    obs = Obs()
    publish(onair, obs)
    onair.lost(obs)
    assert (onair.state, told.turns[-1]) == (State.OFFLINE, "ended")


async def test_a_second_encoder_takes_over_and_the_first_is_sent_away() -> None:
    onair, told, _ = channel()
    first, second = Obs("192.0.2.1"), Obs("192.0.2.2")
    publish(onair, first)
    publish(onair, second)
    assert "took over" in first.dropped
    onair.lost(first)
    air = onair.air()
    assert air.state is State.LIVE
    assert air.encoder is not None
    assert air.encoder.address == "192.0.2.2"
    assert onair.packager is not None
    assert (await onair.packager.playlist()).plain.count(b"#EXT-X-DISCONTINUITY\n") == 1
    assert told.turns == ["started Baking from 192.0.2.1"]


async def test_the_goodbye_of_an_encoder_that_was_replaced_ends_nothing() -> None:
    onair, _, _ = channel()
    first, second = Obs(), Obs()
    publish(onair, first)
    publish(onair, second)
    onair.finished(first)
    assert onair.state is State.LIVE


async def test_the_admin_ends_a_running_broadcast_and_its_encoder_is_told() -> None:
    onair, told, _ = channel()
    obs = Obs()
    publish(onair, obs)
    assert onair.disconnect()
    assert "admin" in obs.dropped
    onair.lost(obs)
    assert (onair.state, told.turns[-1], told.reason) == (State.OFFLINE, "ended", "disconnected by the admin")
    assert not onair.disconnect()


async def test_the_admin_ends_a_waiting_broadcast() -> None:
    onair, told, _ = channel()
    obs = Obs()
    publish(onair, obs)
    onair.lost(obs)
    assert onair.disconnect()
    assert (onair.state, told.turns[-1]) == (State.OFFLINE, "ended")


async def test_the_newest_keyframe_is_the_running_broadcasts_own() -> None:
    onair, _, _ = channel()
    obs = Obs()

    def newest() -> int | None:
        return None if onair.keyframe is None else onair.keyframe.dts_ms

    assert newest() is None
    publish(onair, obs, seconds=5)
    assert newest() == 4000
    onair.lost(obs)
    assert newest() == 4000
    onair.disconnect()
    assert newest() is None


async def test_after_a_restart_the_waiting_broadcast_gets_its_keyframes_too() -> None:
    onair, _, clock = channel()
    onair.run = BroadcastRun(START, "before", 7)
    onair.wait(START, START + timedelta(seconds=60))
    clock.pass_s(5)
    publish(onair, Obs())
    assert onair.keyframe is not None


async def test_the_next_broadcast_has_a_playlist_of_its_own() -> None:
    onair, told, _ = channel()
    first, second = Obs(), Obs()
    publish(onair, first)
    onair.finished(first)
    before = onair.packager
    assert publish(onair, second) == 0
    assert onair.packager is not before
    assert onair.packager is not None
    assert onair.packager.window.segments[0].number == 0
    assert told.turns.count("started Baking from 192.0.2.1") == 2


async def test_a_broadcast_of_an_earlier_process_is_waited_for_and_its_numbers_are_not_used_again() -> None:
    onair, told, clock = channel()
    onair.run = BroadcastRun(START - timedelta(seconds=500), "Baking", 7)
    onair.wait(START, START + timedelta(seconds=30))
    assert onair.air().state is State.WAITING
    assert not onair.air().playable
    clock.pass_s(10)
    publish(onair, Obs())
    assert onair.packager is not None
    assert onair.packager.window.segments[0].number == 510
    assert onair.air().broadcast_id == 7
    assert told.turns == ["returned"]
    onair.close()


async def test_a_node_that_stops_leaves_the_broadcast_waiting() -> None:
    onair, told, _ = channel()
    obs = Obs()
    publish(onair, obs)
    onair.close()
    assert "shutting down" in obs.dropped
    assert (onair.state, told.turns[-1]) == (State.WAITING, "lost for 60")


async def test_a_node_that_stops_while_offline_tells_nothing() -> None:
    onair, told, _ = channel()
    onair.close()
    assert told.turns == []


@pytest.mark.parametrize("state", list(State))
def test_every_state_but_offline_can_be_left_towards_offline(state: State) -> None:
    ways = {target for (source, _), target in TRANSITIONS.items() if source is state}
    assert (State.OFFLINE in ways) == (state is not State.OFFLINE)
    assert (state, Transition.PUBLISHED) in TRANSITIONS
