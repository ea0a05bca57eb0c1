"""The values of people."""

from fedistream.core.errors import Problem


class PasswordProblem(Problem):
    """The codes for what is wrong with a password."""

    PASSWORD_TOO_LONG = "password-too-long"  # noqa: S105
    PASSWORD_ENCODING = "password-encoding"  # noqa: S105
    PASSWORD_SURROGATE = "password-surrogate"  # noqa: S105
