"""Refusals of input from other servers. The reason labels a counter; the text is for the log and for the sender."""

from enum import StrEnum


class Reason(StrEnum):
    """The reason of a refusal, as a word that holds no data of the sender."""

    METHOD = "method"
    TARGET = "target"
    HEADERS = "headers"
    MEDIA_TYPE = "media-type"
    ENCODING = "encoding"
    TOO_LARGE = "too-large"
    NOT_JSON = "not-json"
    JSON_LIMITS = "json-limits"
    SHAPE = "shape"
    UNKNOWN_TYPE = "unknown-type"
    UNSIGNED = "unsigned"
    SIGNATURE_FORM = "signature-form"
    ALGORITHM = "algorithm"
    COVERAGE = "coverage"
    DATE = "date"
    HOST = "host"
    DIGEST = "digest"
    KEY = "key"
    SIGNATURE = "signature"
    OWNER = "owner"
    FOREIGN = "foreign"
    BLOCKED = "blocked"


# The HTTP status of the response: always 4xx, because no input may look like an error of the server.
STATUS = {
    Reason.METHOD: 405,
    Reason.TARGET: 400,
    Reason.HEADERS: 400,
    Reason.MEDIA_TYPE: 415,
    Reason.ENCODING: 415,
    Reason.TOO_LARGE: 413,
    Reason.NOT_JSON: 400,
    Reason.JSON_LIMITS: 400,
    Reason.SHAPE: 400,
    Reason.UNKNOWN_TYPE: 400,
    Reason.UNSIGNED: 401,
    Reason.SIGNATURE_FORM: 401,
    Reason.ALGORITHM: 401,
    Reason.COVERAGE: 401,
    Reason.DATE: 401,
    Reason.HOST: 401,
    Reason.DIGEST: 401,
    Reason.KEY: 401,
    Reason.SIGNATURE: 401,
    Reason.OWNER: 401,
    Reason.FOREIGN: 403,
    Reason.BLOCKED: 403,
}
assert set(STATUS) == set(Reason)


class Refused(Exception):
    """The exception of all modules that parse and verify. `reason` is for programs, `text` for people."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(f"{reason}: {text}")
        self.reason = reason
        self.text = text

    @property
    def status(self) -> int:
        """The HTTP status to answer with: 400 to 415."""
        return STATUS[self.reason]
