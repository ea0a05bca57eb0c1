"""Figures over time (viewers and hardware), and those that Prometheus scrapes."""

from collections.abc import Iterable
from datetime import UTC, datetime

from starlette.responses import Response

from fedistream.api.http.endpoints import METHODS, Endpoint, json_response
from fedistream.api.http.permissions import Permission
from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast import shapes
from fedistream.api.owncast.errors import NO_CACHE
from fedistream.api.owncast.services import OwncastServices
from fedistream.api.owncast.shapes import Json, moment
from fedistream.api.prometheus import owncast_gauges, page
from fedistream.core.api_version import API_VERSION
from fedistream.core.errors import Invalid
from fedistream.metrics.hardware import Hardware
from fedistream.metrics.values import Figure

EARLY = "0.0.11"
YEAR_9999 = 253_402_300_799  # seconds; the last moment datetime knows


async def viewers_over_time(request: ApiRequest, services: OwncastServices) -> Response:
    since = window_start(request.query.get("windowStart"))
    counts = await services.viewer_history.over_time(request.channel.id, since)
    return json_response(shapes.counts(counts), headers=NO_CACHE)


async def hardware_stats(request: ApiRequest, services: OwncastServices) -> Response:
    return json_response(hardware(services.hardware.figures()), headers=NO_CACHE)


async def prometheus(request: ApiRequest, services: OwncastServices) -> Response:
    return page(await owncast_gauges(request, services.prometheus, API_VERSION))


def window_start(text: str | None) -> datetime | None:
    """Return the time of the query in Unix seconds; without it, the beginning. Raises Invalid."""
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 12 or int(text) > YEAR_9999:
        raise Invalid("windowStart", RequestProblem.UNIX_TIME)
    return datetime.fromtimestamp(int(text), UTC)


def figures(values: Iterable[Figure]) -> list[Json]:
    return [{"time": moment(figure.at), "value": figure.value} for figure in values]


def hardware(stats: Hardware) -> Json:
    """HardwareStats. `processes` is ours: the node's own processes at the last reading."""
    return {
        "cpu": figures(stats.cpu),
        "memory": figures(stats.memory),
        "disk": figures(stats.disk),
        "processes": [
            {"pid": each.pid, "role": each.role, "cpu": each.cpu, "memoryBytes": each.memory}
            for each in stats.processes
        ],
    }


ENDPOINTS = (
    Endpoint("GET", "/api/admin/viewersOverTime", viewers_over_time, Permission.ADMIN, EARLY),
    Endpoint("GET", "/api/admin/hardwarestats", hardware_stats, Permission.ADMIN, EARLY),
    # Owncast looks at no method here
    *(Endpoint(method, "/api/admin/prometheus", prometheus, Permission.ADMIN, EARLY) for method in sorted(METHODS)),
)
