"""An HTTP client that asks an ASGI application in process, and a clock that is moved by hand."""

import asyncio
import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from httpx2 import ASGITransport, AsyncClient
from starlette.types import ASGIApp

from fedistream.core.clocks import Timer

ADDRESS = "203.0.113.7"
HOST = "node.example"


def client(app: ASGIApp, *, address: str = ADDRESS, agent: str = "test") -> AsyncClient:
    """Close it (`async with`). Errors of the application come out as responses, as they do behind a server."""
    transport = ASGITransport(app, client=(address, 40000), raise_app_exceptions=False)
    return AsyncClient(transport=transport, base_url=f"http://{HOST}", headers={"User-Agent": agent})


def basic(password: str, user: str = "admin") -> dict[str, str]:
    """The header of HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class _Alarm:
    """A call at a time of the clock, made by the loop's own time if nobody advances the clock before."""

    def __init__(self, due: float, seconds: float, call: Callable[[], None]) -> None:
        self.due, self._call, self.over = due, call, False
        self._handle = asyncio.get_running_loop().call_later(seconds, self.ring)

    def ring(self) -> None:
        if not self.over:
            self.cancel()
            self._call()

    def cancel(self) -> None:
        self.over = True
        self._handle.cancel()


class Clock:
    """Both clocks of a node: `monotonic()` in seconds, and `now()` in UTC. `advance` moves them together."""

    def __init__(self, now: datetime = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)) -> None:
        self._now = now
        self._monotonic = 1000.0
        self._alarms: list[_Alarm] = []

    def monotonic(self) -> float:
        return self._monotonic

    def now(self) -> datetime:
        return self._now

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Call after so many seconds of the loop that runs, or as soon as `advance` reaches that time."""
        alarm = _Alarm(self._monotonic + seconds, seconds, call)
        self._alarms = [each for each in self._alarms if not each.over] + [alarm]
        return alarm

    def advance(self, seconds: float) -> None:
        self._monotonic += seconds
        self._now += timedelta(seconds=seconds)
        for alarm in sorted((each for each in self._alarms if each.due <= self._monotonic), key=lambda each: each.due):
            alarm.ring()
