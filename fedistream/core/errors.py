"""What a service raises when it refuses, by whose fault it is. Each face turns these into its own envelope."""


class Outage(Exception):
    """What the node itself stands on does not answer. The text is for the operator; a face says Unavailable."""


class Refusal(Exception):
    """A request was understood and refused; the text is meant for the person who asked."""


class NotFound(Refusal):
    """There is no such thing."""


class NotAllowed(Refusal):
    """The asker may not do this."""


class Conflict(Refusal):
    """The thing is not in the state the request needs."""


class Gone(Refusal):
    """The thing was here and is no more."""


class Invalid(Refusal):
    """A value does not pass: `field` names it, `why` says what would pass."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field} {why}")
        self.field = field
        self.why = why


class Unavailable(Refusal):
    """It cannot be done at this moment, through no fault of the asker; ask again after `after_s` seconds."""

    def __init__(self, after_s: float = 5.0) -> None:
        super().__init__(f"the node's database does not answer, try again in {after_s:.0f} seconds")
        self.after_s = after_s


class TooMany(Refusal):
    """Asked too often; ask again after `after_s` seconds."""

    def __init__(self, after_s: float) -> None:
        super().__init__(f"too many requests, try again in {after_s:.0f} seconds")
        self.after_s = after_s
