"""Principals (who asks) and permissions (what a call needs). One table says which principal has which permission.

How a principal is recognised is in `auth.py` and `token_auth.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from fedistream.chat import moderation
from fedistream.chat.values import Visitor

ADMIN_ID = moderation.ADMIN  # in the moderation log too; ids of visitors are random and never this


class Kind(Enum):
    """The credentials by which a principal is recognised."""

    ANONYMOUS = "anonymous"  # nothing
    VISITOR = "visitor"  # the token of a chat visitor, in the query
    INTEGRATION = "integration"  # an access token, in the Authorization header
    ADMIN = "admin"  # the admin password
    SCRAPER = "scraper"  # the token of --metrics-token, in the Authorization header


class Role(Enum):
    """A right of a principal beyond its kind. Integrations have a role for each scope of their token."""

    MODERATOR = "moderator"
    SEND_MESSAGES = "CAN_SEND_MESSAGES"
    SEND_SYSTEM_MESSAGES = "CAN_SEND_SYSTEM_MESSAGES"
    ADMIN_ACCESS = "HAS_ADMIN_ACCESS"


@dataclass(frozen=True, slots=True)
class Principal:
    """The sender of a request.

    `id` is that of a visitor, of the bot that an integration speaks as, or ADMIN_ID; "" for anonymous. `visitor` is the
    visitor or bot as it was when the token was checked, so that a handler need not read it again.
    """

    kind: Kind
    id: str = ""
    roles: frozenset[Role] = frozenset()
    visitor: Visitor | None = None

    @property
    def actor(self) -> str:
        """The id under which moderation is written down: integrations act for the admin."""
        return ADMIN_ID if self.kind is Kind.INTEGRATION else self.id


ANONYMOUS = Principal(Kind.ANONYMOUS)
ADMIN = Principal(Kind.ADMIN, ADMIN_ID)


class Permission(Enum):
    """The permission that an endpoint asks for."""

    ANYONE = "anyone"
    VISITOR = "visitor"
    MODERATOR = "moderator"
    SEND_MESSAGES = "bearer:CAN_SEND_MESSAGES"
    SEND_SYSTEM_MESSAGES = "bearer:CAN_SEND_SYSTEM_MESSAGES"
    ADMIN_ACCESS = "bearer:HAS_ADMIN_ACCESS"
    ADMIN = "admin"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class Requirement:
    """The kind of principal that has a permission, and the role it needs, if any."""

    kind: Kind
    role: Role | None = None

    def allows(self, principal: Principal) -> bool:
        return principal.kind is self.kind and (self.role is None or self.role in principal.roles)


REQUIREMENTS: Mapping[Permission, Requirement] = {
    Permission.ANYONE: Requirement(Kind.ANONYMOUS),
    Permission.VISITOR: Requirement(Kind.VISITOR),
    Permission.MODERATOR: Requirement(Kind.VISITOR, Role.MODERATOR),
    Permission.SEND_MESSAGES: Requirement(Kind.INTEGRATION, Role.SEND_MESSAGES),
    Permission.SEND_SYSTEM_MESSAGES: Requirement(Kind.INTEGRATION, Role.SEND_SYSTEM_MESSAGES),
    Permission.ADMIN_ACCESS: Requirement(Kind.INTEGRATION, Role.ADMIN_ACCESS),
    Permission.ADMIN: Requirement(Kind.ADMIN),
    Permission.METRICS: Requirement(Kind.SCRAPER),
}
