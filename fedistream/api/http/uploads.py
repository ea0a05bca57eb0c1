"""Files in a request: a data URL within JSON, or a file of a multipart form."""

import base64
import binascii
from collections.abc import AsyncGenerator

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.core.errors import Invalid, ValueProblem

MAX_FIELDS = 40  # the longest form has 9
MULTIPART = "multipart/form-data"  # RFC 7578


def limit(most: int) -> int:
    """Return the bytes of a body that brings a file of `most` bytes in base64, with twice the room, so that a file that
    is too large gets the sentence of its call."""
    return most * 8 // 3 + 2048


def data_url(name: str, value: str) -> bytes:
    """Return the content of a data URL (RFC 2397) in base64. Its media type is not trusted. Raises Invalid."""
    head, comma, encoded = value.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        raise Invalid(name, RequestProblem.DATA_URL)
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid(name, RequestProblem.NOT_BASE64) from error


def content_type(request: ApiRequest) -> str:
    return request.http.headers.get("content-type", "").partition(";")[0].strip().lower()


async def parse(request: ApiRequest) -> FormData:
    """Parse a multipart form with at most one file; the caller closes it. Raises Invalid."""

    async def body() -> AsyncGenerator[bytes, None]:
        yield request.body

    parser = MultiPartParser(request.http.headers, body(), max_files=1, max_fields=MAX_FIELDS)
    try:
        return await parser.parse()
    except (MultiPartException, UnicodeDecodeError, KeyError) as error:  # KeyError: a form without its boundary
        raise Invalid("body", RequestProblem.NOT_FORM) from error


async def file(request: ApiRequest, field: str) -> bytes:
    """Return the file in a multipart form's field. Raises Invalid."""
    found = await parse(request)
    try:
        brought = found.get(field)
        if not isinstance(brought, UploadFile):
            raise Invalid(field, ValueProblem.MISSING)
        return await brought.read()
    finally:
        await found.close()
