"""The errors of services. Each face turns them into its own responses."""


class Outage(Exception):
    """A system that the node needs does not answer. The text is for the operator; a face responds with Unavailable."""


class Refusal(Exception):
    """A request was understood and refused. The text is for the person who sent it."""


class NotFound(Refusal):
    """The requested thing does not exist."""


class NotAllowed(Refusal):
    """The sender is not permitted to do this."""


class Conflict(Refusal):
    """The thing is not in the state that the request needs."""


class Gone(Refusal):
    """The thing existed and was deleted."""


class Invalid(Refusal):
    """A value is not accepted: `field` names it, `why` says what is accepted."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field} {why}")
        self.field = field
        self.why = why


class Unavailable(Refusal):
    """The request cannot be done now, through no fault of the sender; retry after `after_s` seconds."""

    def __init__(self, after_s: float = 5.0) -> None:
        super().__init__(f"the node's database does not answer, try again in {after_s:.0f} seconds")
        self.after_s = after_s


class TooMany(Refusal):
    """The sender made too many requests; retry after `after_s` seconds."""

    def __init__(self, after_s: float) -> None:
        super().__init__(f"too many requests, try again in {after_s:.0f} seconds")
        self.after_s = after_s
