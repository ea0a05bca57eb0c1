"""Calls about the delivery queue: statistics, hosts in trouble, jobs that fail, and "try now"."""

from starlette.responses import Response

from fedistream.api.admin.services import AdminServices
from fedistream.api.http.endpoints import Endpoint, json_response
from fedistream.api.http.permissions import Permission
from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.owncast.errors import NO_CACHE, done
from fedistream.core.errors import Invalid, ValueProblem
from fedistream.jobs import admin as jobs
from fedistream.jobs.admin import MAX_ROWS, HostStats

OURS = "fedistream"  # as `spec`: no other server has these
STATES = ("failing", "dead")
MAX_IDS = 500


async def numbers(request: ApiRequest, services: AdminServices) -> Response:
    """Return the number of jobs in each state, and the hosts that answer badly or not at all."""
    found = await services.outbox_admin.numbers()
    shape = {
        "queued": found.queued,
        "leased": found.leased,
        "failing": found.failing,
        "done": found.done,
        "dead": found.dead,
        "hosts": [host(each) for each in await services.outbox_admin.hosts()],
    }
    return json_response(shape, headers=NO_CACHE)


async def troubled(request: ApiRequest, services: AdminServices) -> Response:
    """Return jobs in trouble, the newest first; `state` is failing or dead."""
    state = request.query.get("state") or STATES[0]
    if state not in STATES:
        raise Invalid("state", ValueProblem.CHOICE, choices=", ".join(STATES))
    return json_response(
        [job(each) for each in await services.outbox_admin.troubled(state, MAX_ROWS)], headers=NO_CACHE
    )


async def retry(request: ApiRequest, services: AdminServices) -> Response:
    """Try jobs now: those of `ids`, or all of `host`."""
    given = request.json()
    if isinstance(given, dict) and given.get("host"):
        tried = await services.outbox_admin.retry_now(host=request.member("host", str).strip().lower())
    else:
        ids = request.member("ids", list)
        if len(ids) > MAX_IDS or not all(type(each) is int and 0 <= each < 2**63 for each in ids):
            raise Invalid("ids", RequestProblem.JOB_IDS, most=MAX_IDS)
        tried = await services.outbox_admin.retry_now(ids=ids)
    return done(f"{tried} tried again")


def host(value: HostStats) -> dict[str, object]:
    return {
        "host": value.host,
        "circuit": value.circuit.value,
        "queued": value.queued,
        "dead": value.dead,
        "failures": value.failures,
        "failingSince": value.failing_since,
        "openUntil": value.open_until,
        "lastError": value.last_error,
    }


def job(value: jobs.QueuedJob) -> dict[str, object]:
    return {
        "id": value.id,
        "kind": value.kind,
        "target": value.target,
        "state": value.state,
        "attempts": value.attempts,
        "due": value.due,
        "createdAt": value.created_at,
        "lastError": value.last_error,
    }


ENDPOINTS = (
    Endpoint("GET", "/api/admin/federation/queue", numbers, Permission.ADMIN, OURS),
    Endpoint("GET", "/api/admin/federation/queue/jobs", troubled, Permission.ADMIN, OURS),
    Endpoint("POST", "/api/admin/federation/queue/retry", retry, Permission.ADMIN, OURS),
)
