"""The values of access tokens."""

from fedistream.core.errors import Problem


class AccessProblem(Problem):
    """The codes for what is wrong with an access token that is to be made."""

    TOKEN_NAME = "token-name"  # noqa: S105
    SCOPES = "scopes"
    UNKNOWN = "no-access-token"
