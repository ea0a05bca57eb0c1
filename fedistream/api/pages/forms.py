"""Submitted forms: their fields within limits, and the CSRF token which shows that one of our own pages made them."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile

from fedistream.api.http import uploads
from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.http.uploads import MAX_FIELDS, MULTIPART
from fedistream.core.errors import Invalid, NotAllowed

TYPE = "application/x-www-form-urlencoded"
CSRF_FIELD = "csrf_token"
TOKEN_LIFE = timedelta(hours=24)  # a page that is left open over night still works in the morning


class Stale(NotAllowed):
    """The form comes from a page that is too old, or from none of ours."""


class CsrfTokens:
    """Signed timestamps: a second defence, behind the check of a request's origin.

    `secret` outlives the process, so that a page that was opened before a restart can be submitted after it.
    """

    def __init__(self, secret: bytes, now: Callable[[], datetime]) -> None:
        self._secret = secret
        self._now = now

    def issue(self) -> str:
        until = str(int((self._now() + TOKEN_LIFE).timestamp()))
        return f"{until}.{self._sign(until)}"

    def check(self, token: str) -> None:
        """Raises Stale."""
        until, _, mac = token.partition(".")
        # the signature first, so that only our own digits are read as a number
        if not hmac.compare_digest(self._sign(until).encode(), mac.encode()):
            raise Stale(RequestProblem.FORM_STALE)
        if int(until) < self._now().timestamp():
            raise Stale(RequestProblem.FORM_EXPIRED)

    def _sign(self, until: str) -> str:
        return hmac.new(self._secret, f"ticket {until}".encode(), hashlib.sha256).hexdigest()


def read(request: ApiRequest) -> Mapping[str, str]:
    """Return the fields of a submitted form, line ends as \\n. Raises Invalid when the body is not a form."""
    if uploads.content_type(request) != TYPE:
        raise Invalid("body", RequestProblem.NOT_FORM)
    try:
        pairs = parse_qsl(
            request.body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError as error:  # UnicodeDecodeError is one
        raise Invalid("body", RequestProblem.NOT_FORM) from error
    return {name: value.replace("\r\n", "\n") for name, value in pairs}


def form(request: ApiRequest, csrf: CsrfTokens) -> Mapping[str, str]:
    """Return the fields of a form that changes something. Raises Invalid when it is no form, Stale for its token."""
    fields = dict(read(request))
    csrf.check(fields.pop(CSRF_FIELD, ""))
    return fields


@dataclass(frozen=True, slots=True)
class Upload:
    """A form with a file. `name` is the file's name from the browser; name and file are empty if none was chosen."""

    fields: Mapping[str, str]
    name: str
    data: bytes


async def upload(request: ApiRequest, csrf: CsrfTokens, field: str) -> Upload:
    """A form that changes something, with a file in `field`. Raises Invalid when it is none, Stale for its token."""
    if uploads.content_type(request) != MULTIPART:
        return Upload(form(request, csrf), "", b"")
    found = await uploads.parse(request)
    try:
        fields = {name: value for name, value in found.items() if isinstance(value, str)}
        csrf.check(fields.pop(CSRF_FIELD, ""))
        file = found.get(field)
        if not isinstance(file, UploadFile):
            return Upload(fields, "", b"")
        return Upload(fields, file.filename or "", await file.read())
    finally:
        await found.close()
