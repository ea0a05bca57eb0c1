"""Recognise visitors and moderators by a token in the query, and integrations by one in a header."""

from collections.abc import Mapping

from fedistream.access_tokens.service import Integrations
from fedistream.api.http.endpoints import Authenticator
from fedistream.api.http.permissions import Kind, Principal
from fedistream.api.http.permissions import Role as PrincipalRole
from fedistream.api.http.request import ApiRequest, Unidentified
from fedistream.chat.bans import Bans
from fedistream.chat.values import Role
from fedistream.chat.visitors import Visitors
from fedistream.core.errors import NotFound

MAX_TOKEN = 256  # characters


class TokenAuth:
    """Recognises principals by their tokens. They have 256 random bits, so guessing needs no limit.

    An unknown token, a disabled visitor and a banned address get the same answer, which does not tell the reason.
    """

    def __init__(self, visitors: Visitors, bans: Bans, access_tokens: Integrations) -> None:
        self._visitors, self._bans, self._access_tokens = visitors, bans, access_tokens

    def table(self) -> Mapping[Kind, Authenticator]:
        return {
            Kind.VISITOR: Authenticator(self.visitor, ambient=False),
            Kind.INTEGRATION: Authenticator(self.integration, ambient=False),
        }

    async def visitor(self, request: ApiRequest) -> Principal:
        token = request.query.get("accessToken", "")
        if not 0 < len(token) <= MAX_TOKEN or self._bans.holds(request.address):
            raise Unidentified
        visitor = await self._visitors.by_token(token)
        if visitor is None or not visitor.enabled:
            raise Unidentified
        roles = {PrincipalRole.MODERATOR} if visitor.role is Role.MODERATOR else ()
        return Principal(Kind.VISITOR, visitor.id, frozenset(roles), visitor)

    async def integration(self, request: ApiRequest) -> Principal:
        scheme, _, token = request.http.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unidentified
        integration = await self._access_tokens.by_token(token.strip())
        if integration is None:
            raise Unidentified
        try:
            bot = await self._visitors.get(integration.visitor_id)
        except NotFound:
            raise Unidentified from None
        roles = frozenset(PrincipalRole(scope.value) for scope in integration.scopes)
        return Principal(Kind.INTEGRATION, bot.id, roles, bot)
