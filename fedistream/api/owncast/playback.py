"""Players report how they play, and the admin reads what that adds up to."""

import math
from collections.abc import Mapping

from starlette.responses import Response

from fedistream.api.http.endpoints import Endpoint, json_response
from fedistream.api.http.permissions import Permission
from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.errors import NO_CACHE
from fedistream.api.owncast.metrics import figures
from fedistream.api.owncast.services import OwncastServices
from fedistream.api.owncast.shapes import Json, geo, moment
from fedistream.broadcasts.latency import channel_lengths
from fedistream.core.errors import Invalid, ValueProblem
from fedistream.metrics import cmcd, wording
from fedistream.metrics.playback import PlaybackFigures
from fedistream.metrics.score import Health
from fedistream.metrics.structured_fields import NotStructured
from fedistream.metrics.values import Playback, Report

LATER = "0.2.0"
NEWEST = "0.3.0"
MAX_VALUE = 1e7  # of a number in an old report
MAX_COUNT = 1_000
FULL = 100  # percent


async def take_cmcd(request: ApiRequest, services: OwncastServices) -> Response:
    """Take CMCD from the body (JSON, or lines of dictionaries), the query or the headers."""
    services.playback.acquire(request.address)
    try:
        reports = _reports(request)
    except NotStructured as error:
        raise Invalid("CMCD", RequestProblem.NOT_CMCD, detail=str(error)) from error
    for report in reports:
        services.playback.take(request.channel.id, request.address, request.user_agent, report)
    return Response(headers=NO_CACHE)


async def take_old(request: ApiRequest, services: OwncastServices) -> Response:
    """Take a report in the form of Owncast 0.0.11 to 0.2."""
    services.playback.acquire(request.address)
    body = request.json()
    if not isinstance(body, dict):
        raise Invalid("body", RequestProblem.NOT_OBJECT)
    report = Report(
        bandwidth_kbps=_measured(body, "bandwidth"),
        latency_s=_measured(body, "latency"),
        download_s=_measured(body, "downloadDuration"),
        errors=_count(body, "errors"),
        changes=_count(body, "qualityVariantChanges"),
    )
    services.playback.take(request.channel.id, request.address, request.user_agent, report)
    return Response(headers=NO_CACHE)


async def clients(request: ApiRequest, services: OwncastServices) -> Response:
    """Return the players that report, and after them the viewers of which nothing is known but that they watch."""
    viewers = {(each.address, each.user_agent): each for each in services.viewers.list(request.channel.id)}
    found: list[Json] = []
    for client in services.playback.clients(request.channel.id):
        viewers.pop((client.address, client.user_agent), None)
        viewer_id = services.viewers.id_of(client.address, client.user_agent)
        found.append(
            {
                "clientID": client.session or viewer_id,
                "viewerID": viewer_id,
                "firstSeen": moment(client.first_seen),
                "userAgent": client.user_agent,
                "ipAddress": client.address,
                "geo": geo(services.geo.find(client.address)),
                "playback": playback(client.playback),
            }
        )
    found += [
        {
            "clientID": viewer.id,
            "viewerID": viewer.id,
            "firstSeen": moment(viewer.first_seen),
            "userAgent": viewer.user_agent,
            "ipAddress": viewer.address,
            "geo": geo(services.geo.find(viewer.address)),
            "playback": None,
        }
        for viewer in viewers.values()
    ]
    return json_response(found, headers=NO_CACHE)


async def video(request: ApiRequest, services: OwncastServices) -> Response:
    channel_id = request.channel.id
    encoder = services.broadcasts.live_status(channel_id).encoder
    now = services.health.of(channel_id)
    shape = {
        **series(services.playback.figures(channel_id)),
        "availableBitrates": [encoder.video_kbps] if encoder else [],
        "segmentLength": math.ceil(channel_lengths(services.settings, channel_id)[1]),
        "representation": FULL if now is None else now.representation,
    }
    return json_response(shape, headers=NO_CACHE)


def health_shape(score: Health | None) -> Json | None:
    """Return `health` of AdminStatus."""
    if score is None:
        return None
    return {
        "healthy": score.healthy,
        "healthPercentage": score.percentage,
        "message": wording.message(score),
        "representation": score.representation,
    }


def series(found: PlaybackFigures) -> Json:
    """Return the lists of the video metrics. The bandwidth of players stands under Owncast's name, bitrate."""
    return {
        "errors": figures(found.errors),
        "qualityVariantChanges": figures(found.changes),
        "highestLatency": figures(found.latency_s.highest),
        "medianLatency": figures(found.latency_s.median),
        "lowestLatency": figures(found.latency_s.lowest),
        "medianSegmentDownloadDuration": figures(found.download_s.median),
        "maximumSegmentDownloadDuration": figures(found.download_s.highest),
        "minimumSegmentDownloadDuration": figures(found.download_s.lowest),
        "minPlayerBitrate": figures(found.bandwidth_kbps.lowest),
        "medianPlayerBitrate": figures(found.bandwidth_kbps.median),
        "maxPlayerBitrate": figures(found.bandwidth_kbps.highest),
    }


def playback(known: Playback) -> Json:
    """Return `playback` of a PlaybackClient; what the player did not say is left out."""
    shape: Json = {
        "source": known.source,
        "lastUpdate": moment(known.at),
        "errorCount": known.errors,
        "qualityVariantChanges": known.changes,
    }
    optional = {
        "playerState": known.state or None,
        "bandwidthKbps": known.bandwidth_kbps,
        "latencySeconds": known.latency_s,
        "downloadSeconds": known.download_s,
        "bitrateKbps": known.bitrate_kbps,
        "measurementStatus": None if known.is_measured else "unmeasurable",
    }
    return {**shape, **{name: value for name, value in optional.items() if value is not None}}


def _reports(request: ApiRequest) -> list[Report]:
    """Return what the request brings. Raises NotStructured and Invalid."""
    body = request.body.strip()
    if body[:1] in (b"{", b"["):
        given = request.json()
        values = given if isinstance(given, list) else [given]
        objects = [each for each in values if isinstance(each, dict)]
        if len(objects) < len(values):
            raise Invalid("body", RequestProblem.NOT_OBJECT)
        _check_number(len(objects))
        return [cmcd.from_values(each) for each in objects]
    if body:
        # the event mode of version 2: a line for each report
        try:
            lines = body.decode("ascii").splitlines()
        except UnicodeDecodeError as error:
            raise Invalid("body", RequestProblem.NOT_JSON) from error
        _check_number(len(lines))
        return [cmcd.from_texts((line,)) for line in lines if line.strip()]
    texts = [request.query["CMCD"]] if request.query.get("CMCD") else []
    texts += [value for name in cmcd.HEADERS if (value := request.http.headers.get(name))]
    if not texts:
        raise Invalid("CMCD", ValueProblem.MISSING)
    return [cmcd.from_texts(texts)]


def _check_number(reports: int) -> None:
    if reports > cmcd.MAX_REPORTS:
        raise Invalid("body", ValueProblem.MANY, most=cmcd.MAX_REPORTS)


def _measured(body: Mapping[str, object], name: str) -> float | None:
    """Return a number of an old report; null and zero mean that it was not measured. Raises Invalid."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid(name, ValueProblem.NOT_NUMBER)
    return value if 0 < value <= MAX_VALUE else None


def _count(body: Mapping[str, object], name: str) -> int:
    """Return a required count of an old report. Raises Invalid."""
    if name not in body:
        raise Invalid(name, ValueProblem.MISSING)
    return min(MAX_COUNT, round(_measured(body, name) or 0))


ENDPOINTS = (
    Endpoint("POST", "/api/metrics/cmcd", take_cmcd, Permission.ANYONE, NEWEST),
    Endpoint("GET", "/api/metrics/cmcd", take_cmcd, Permission.ANYONE, NEWEST, changes=True),
    Endpoint("POST", "/api/metrics/playback", take_old, Permission.ANYONE, LATER),
    Endpoint("GET", "/api/admin/viewers/playback", clients, Permission.ADMIN, NEWEST),
    Endpoint("GET", "/api/admin/metrics/video", video, Permission.ADMIN, LATER),
)
