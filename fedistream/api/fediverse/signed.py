"""A request as it was signed: the bytes of the request line, under the node's public address."""

from activitypub.refusal import Refused
from activitypub.signatures.request import Request, incoming_request
from fedistream.api.http.request import ApiRequest
from fedistream.core.errors import NotAllowed, Refusal
from fedistream.federation.inbox.authorized_fetch import AuthorizedFetch
from fedistream.federation.urls import ActorUrls
from fedistream.federation.values import FederationProblem, Site

FORBIDDEN = 403


class Unsigned(Refusal):
    """The request has no signature or a wrong one, and this document is only given to requests that are signed."""


def received(request: ApiRequest, site: Site) -> Request:
    """Return the request in the form that signatures are checked on. Raises Refused when it is malformed."""
    scope = request.http.scope
    query: bytes = scope["query_string"]
    # as on the request line: the signature covers the path before it is decoded
    raw = site.path.encode() + scope["raw_path"].partition(b"?")[0] + (b"?" + query if query else b"")
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    return incoming_request(request.method, site.origin, raw.decode("latin-1"), headers, request.body)


async def admit(request: ApiRequest, addresses: ActorUrls, authorized_fetch: AuthorizedFetch) -> None:
    """Check that the sender of the request may read the document. Raises Off, Unsigned, NotAllowed."""
    site = addresses.site()
    try:
        await authorized_fetch.check(received(request, site))
    except Refused as refused:
        kind = NotAllowed if refused.status == FORBIDDEN else Unsigned
        raise kind(FederationProblem.SIGNATURE, detail=refused.text) from None
