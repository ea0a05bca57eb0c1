"""The node's figures in Prometheus' text format (version 0.0.4): under Owncast's names, and under ours.

prometheus-client is loaded with the first scrape, because it needs 11 MB. Figures are read when they are asked for.
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import Response

from activitypub.lazy_module import LazyModule
from fedistream import __version__
from fedistream.api.health_score import HealthScore
from fedistream.api.http.endpoints import Authenticator, Endpoint
from fedistream.api.http.permissions import Kind, Permission, Principal
from fedistream.api.http.request import ApiRequest, Unidentified
from fedistream.channels.service import Channels
from fedistream.chat.messages import MessageLog
from fedistream.chat.service import Chat
from fedistream.chat.visitors import Search, Visitors

if TYPE_CHECKING:
    import prometheus_client
    from prometheus_client import metrics_core
else:
    prometheus_client = LazyModule("prometheus_client")
    metrics_core = LazyModule("prometheus_client.metrics_core")

TYPE = "text/plain; version=0.0.4; charset=utf-8"  # not OpenMetrics, which older scrapers do not read
MAX_HOST = 253  # characters; RFC 1035


@dataclass(frozen=True, slots=True)
class PrometheusServices:
    """The services whose figures are scraped."""

    channels: Channels
    chat: Chat
    visitors: Visitors
    messages: MessageLog
    health: HealthScore


@dataclass(frozen=True, slots=True)
class Gauge:
    """One figure with a value for each set of labels. A counter only grows while the process runs."""

    name: str
    text: str
    values: Sequence[tuple[Mapping[str, str], float]]
    counter: bool = False


class _Collector:
    """The figures of one scrape, in the form that the library asks for."""

    def __init__(self, gauges: Sequence[Gauge]) -> None:
        self._gauges = gauges

    def collect(self) -> Iterator["metrics_core.Metric"]:
        for gauge in self._gauges:
            family = metrics_core.CounterMetricFamily if gauge.counter else metrics_core.GaugeMetricFamily
            labels = list(gauge.values[0][0]) if gauge.values else []
            metric = family(gauge.name, gauge.text, labels=labels)
            for values, number in gauge.values:
                metric.add_metric([values[label] for label in labels], number)
            yield metric


class MetricsAuth:
    """Recognises a scraper by the token of `--metrics-token`. Without one nobody is recognised."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    def table(self) -> Mapping[Kind, Authenticator]:
        return {Kind.SCRAPER: Authenticator(self.check, ambient=False)}

    async def check(self, request: ApiRequest) -> Principal:
        scheme, _, token = request.http.headers.get("authorization", "").partition(" ")
        given = token.strip().encode("latin-1", "replace")
        if not self._token or scheme.lower() != "bearer" or not hmac.compare_digest(given, self._token):
            raise Unidentified
        return Principal(Kind.SCRAPER)


def page(gauges: Iterable[Gauge]) -> Response:
    """Return the figures as an answer."""
    registry = prometheus_client.CollectorRegistry(auto_describe=False)
    registry.register(_Collector(tuple(gauges)))
    text = prometheus_client.generate_latest(registry)
    return Response(text, headers={"Content-Type": TYPE, "Cache-Control": "no-store"})


async def owncast_gauges(request: ApiRequest, services: PrometheusServices, version: str) -> tuple[Gauge, ...]:
    """Return the figures under Owncast's names, with its constant labels. `version` is that of the API."""
    channel_id, parts = request.channel.id, services.health
    labels = {"host": request.http.headers.get("host", "")[:MAX_HOST], "version": version}
    users, _ = await services.visitors.find(Search(limit=1))
    latest = parts.hardware.latest

    def gauge(name: str, text: str, value: float) -> Gauge:
        return Gauge(f"owncast_instance_{name}", text, ((labels, value),))

    return (
        gauge("active_viewer_count", "The number of viewers", parts.viewers.count(channel_id)),
        gauge("active_chat_client_count", "Connected chat clients", len(services.chat.clients(channel_id))),
        gauge("total_chat_users", "The total number of chat users", users),
        gauge("current_chat_message_count", "Stored chat messages", await services.messages.total(channel_id)),
        gauge("playback_error_count", "Errors collected from players", parts.playback.error_count),
        gauge("cpu_usage", "CPU usage, in percent", latest.cpu if latest else 0),
    )


def node_gauges(services: PrometheusServices) -> tuple[Gauge, ...]:
    """Return the figures under our names. Those of the hardware are there from the first reading on."""
    parts = services.health
    found = [Gauge("fedistream_info", "The version of the node", (({"version": __version__}, 1),))]
    values: dict[str, list[tuple[Mapping[str, str], float]]] = {}
    for channel in services.channels.all():
        for name, value in _of_channel(services, channel.id).items():
            values.setdefault(name, []).append(({"channel": channel.slug}, value))
    found += [Gauge(f"fedistream_{name}", TEXTS[name], values[name]) for name in TEXTS if name in values]
    found += [
        Gauge(
            "fedistream_viewers_uncounted", "Viewers over the limits", (({}, parts.viewers.uncounted),), counter=True
        ),
        Gauge("fedistream_playback_errors", "Errors of players", (({}, parts.playback.error_count),), counter=True),
    ]
    if (latest := parts.hardware.latest) is not None:
        for name, text, value in (
            ("cpu_percent", "The use of all processors of the machine", latest.cpu),
            ("memory_percent", "The use of the machine's memory", latest.memory),
            ("disk_percent", "The use of the disk with the node's data", latest.disk),
        ):
            found.append(Gauge(f"fedistream_{name}", text, (({}, value),)))
        processes = [({"role": each.role, "pid": str(each.pid)}, each) for each in latest.processes]
        found += [
            Gauge(
                "fedistream_process_cpu_percent",
                "The use of one processor by a process of the node",
                [(labels, each.cpu) for labels, each in processes],
            ),
            Gauge(
                "fedistream_process_resident_memory_bytes",
                "Resident memory of a process of the node",
                [(labels, each.memory) for labels, each in processes],
            ),
        ]
    return tuple(found)


TEXTS: Mapping[str, str] = {
    "live": "1 while the channel is live or waits for its encoder",
    "viewers": "Viewers",
    "viewers_peak": "The most viewers at once in the present or latest broadcast",
    "chat_clients": "Connected chat clients",
    "players_reporting": "Players that reported how they play within 90 seconds",
    "health_percent": "The share of reporting players without a problem",
    "encoder_warnings": "Present warnings about the encoder's stream",
    "encoder_video_kbps": "Bitrate of the encoder's video, in kbit/s",
    "encoder_audio_kbps": "Bitrate of the encoder's audio, in kbit/s",
}


def _of_channel(services: PrometheusServices, channel_id: int) -> Mapping[str, float]:
    parts = services.health
    live_status, score = parts.broadcasts.live_status(channel_id), parts.of(channel_id)
    encoder = live_status.encoder
    return {
        "live": int(live_status.running),
        "viewers": parts.viewers.count(channel_id),
        "viewers_peak": parts.viewers.session_peak(channel_id),
        "chat_clients": len(services.chat.clients(channel_id)),
        "players_reporting": len(parts.playback.fresh(channel_id)),
        "encoder_warnings": len(live_status.warnings),
        **({} if score is None else {"health_percent": score.percentage}),
        **({"encoder_video_kbps": encoder.video_kbps, "encoder_audio_kbps": encoder.audio_kbps} if encoder else {}),
    }


async def metrics(request: ApiRequest, services: PrometheusServices) -> Response:
    """GET /metrics"""
    return page(node_gauges(services))


ENDPOINTS = (Endpoint("GET", "/metrics", metrics, Permission.METRICS),)
