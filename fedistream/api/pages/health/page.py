"""The page of the node's health: how the stream plays, the viewers and the machine of the last day, and the log."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import AdminPage, page
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.health.charts import Chart, Point, Spec, chart
from fedistream.metrics import wording
from fedistream.metrics.values import Figure

PAGE = "/admin/health"
ADMIN_PAGE = AdminPage("admin/health.html", PAGE)
SHOWN = timedelta(hours=24)
LOG_LINES = 200


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/health"""
    channel_id = request.channel.id
    score = services.health.of(channel_id)
    shown = {
        "score": score,
        "message": "" if score is None else wording.message(score),
        "viewers": services.viewers.count(channel_id),
        "peak": services.viewers.peak(channel_id),
        "charts": await _charts(services, channel_id),
        "processes": services.hardware.figures().processes,
        "log": services.log_buffer.lines()[:LOG_LINES],
    }
    return await page(request, services, ADMIN_PAGE, shown)


async def _charts(services: AdminPagesServices, channel_id: int) -> tuple[Chart, ...]:
    def words(text: str, **values: object) -> str:
        return services.words(text) % values

    def draw(spec: Spec, *series: tuple[str, Iterable[Point]]) -> Chart:
        return chart(spec, [(name, tuple(given)) for name, given in series], (end - SHOWN, end), words)

    end = services.now()
    counts = await services.viewer_history.over_time(channel_id, end - SHOWN)
    machine, playback = services.hardware.figures(), services.playback.figures(channel_id)
    low, middle, high = words("lowest"), words("median"), words("highest")
    spans = (
        (Spec("latency", words("Latency"), _seconds, 5), playback.latency_s),
        (Spec("download", words("Download time of a segment"), _seconds, 1), playback.download_s),
        (Spec("bandwidth", words("Bandwidth of players"), _bits, 1000), playback.bandwidth_kbps),
    )
    return (
        draw(
            Spec("viewers", words("Viewers"), _count, 4), (words("Viewers"), ((one.at, one.viewers) for one in counts))
        ),
        *(
            draw(spec, (high, points(span.highest)), (middle, points(span.median)), (low, points(span.lowest)))
            for spec, span in spans
        ),
        draw(
            Spec("errors", words("Errors and changes of quality"), _count, 4),
            (words("errors"), points(playback.errors)),
            (words("changes"), points(playback.changes)),
        ),
        draw(
            Spec("machine", words("Server"), _percent, 100),
            (words("CPU"), points(machine.cpu)),
            (words("memory"), points(machine.memory)),
            (words("disk"), points(machine.disk)),
        ),
    )


def points(figures: Iterable[Figure]) -> Iterable[tuple[datetime, float]]:
    """Return figures as points of a chart."""
    return ((figure.at, figure.value) for figure in figures)


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _percent(value: float) -> str:
    return f"{value:.0f} %"


def _seconds(value: float) -> str:
    return f"{value:.1f} s"


def _bits(kbps: float) -> str:
    return f"{kbps / 1000:.1f} Mbit/s"
