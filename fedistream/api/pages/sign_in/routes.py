"""The calls of other sites at which the admin signs in with the node's address (IndieAuth)."""

from fedistream.api.http.endpoints import Endpoint
from fedistream.api.http.permissions import Permission
from fedistream.api.pages.sign_in import provider
from fedistream.signin.provider import ENDPOINT, METADATA

ENDPOINTS = (
    Endpoint("GET", METADATA, provider.metadata, Permission.ANYONE, spec="RFC 8414"),
    Endpoint("GET", ENDPOINT, provider.authorize, Permission.ADMIN, spec="owncast"),
    Endpoint("POST", ENDPOINT, provider.redeem, Permission.ANYONE, spec="owncast"),
)
