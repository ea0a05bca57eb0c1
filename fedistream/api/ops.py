"""/healthz and /readyz, for supervisors and load balancers. They are our own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import PlainTextResponse, Response

from fedistream.api.http.endpoints import Endpoint, json_response
from fedistream.api.http.permissions import Permission
from fedistream.api.http.request import ApiRequest, Unidentified
from fedistream.api.wording import sentence
from fedistream.core.errors import Refusal, Unavailable

log = logging.getLogger(__name__)

CHECK_S = 5.0

STATUS: Mapping[type[Refusal], int] = {Unidentified: 401, Unavailable: 503}

Check = Callable[[], Awaitable[str | None]]
"""Returns None when all is well, else a word or two that may be read by anybody: the rest is for the log."""


@dataclass(frozen=True, slots=True)
class OpsServices:
    """The services of this face: the checks, by the part of the node that each looks at."""

    checks: Mapping[str, Check]


class PlainErrors:
    def refusal(self, request: ApiRequest, error: Refusal) -> Response:
        return PlainTextResponse(sentence(error), STATUS.get(type(error), 400))

    def wrong_method(self, request: ApiRequest, allowed: Sequence[str]) -> Response:
        return PlainTextResponse("Method Not Allowed", 405, {"Allow": ", ".join(allowed)})

    def fault(self, request: ApiRequest) -> Response:
        return PlainTextResponse("Internal Server Error", 500)


async def health(request: ApiRequest, services: OpsServices) -> Response:
    """Answer 200. Checking more would make supervisors kill a process that streams, because of its database."""
    return PlainTextResponse("ok", headers={"Cache-Control": "no-store"})


async def ready(request: ApiRequest, services: OpsServices) -> Response:
    """Answer 200 when every check passes, else 503 with `{"ready": false, "reasons": {name: code}}`."""
    whys = await asyncio.gather(*(outcome(name, check, CHECK_S) for name, check in services.checks.items()))
    reasons = {name: why for name, why in zip(services.checks, whys, strict=True) if why is not None}
    shape = {"ready": not reasons, "reasons": reasons}
    return json_response(shape, 503 if reasons else 200, {"Cache-Control": "no-store"})


async def outcome(name: str, check: Check, time_s: float) -> str | None:
    """Return the fault of one part of the node, or None."""
    try:
        async with asyncio.timeout(time_s):
            return await check()
    except TimeoutError:
        return "slow"
    except Exception:
        log.exception("the readiness check %s failed", name)
        return "failed"


async def seen_as(request: ApiRequest, services: OpsServices) -> Response:
    """Return the caller's address and scheme as the node sees them, by which `fedistream doctor` tests a proxy."""
    return json_response(
        {"address": request.address, "scheme": request.http.url.scheme}, 200, {"Cache-Control": "no-store"}
    )


RESPONDER = PlainErrors()

ENDPOINTS = (
    Endpoint("GET", "/healthz", health, auth=Permission.ANYONE),
    Endpoint("GET", "/readyz", ready, auth=Permission.ANYONE),
    Endpoint("GET", "/seen-as", seen_as, auth=Permission.ANYONE),
)
