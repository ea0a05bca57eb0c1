"""The codes for what is wrong with a remote picture."""

from fedistream.core.errors import Problem


class PictureProblem(Problem):
    """The reasons for which a remote picture is not shown."""

    NO_PICTURE = "no-picture"
    NOT_FETCHED = "picture-not-fetched"
    NOT_A_PICTURE = "not-a-picture"
