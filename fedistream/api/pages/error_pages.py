"""Error responses of the pages: an error page for browsers, a line of text for other clients."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from fedistream.api.fediverse.signed import Unsigned
from fedistream.api.http.request import ApiRequest, TooLarge, TooSlow, Unidentified
from fedistream.api.pages.csp import Frame
from fedistream.api.pages.rendering import Pages
from fedistream.api.wording import sentence
from fedistream.core.errors import Conflict, Gone, Invalid, NotAllowed, NotFound, Refusal, TooMany, Unavailable

LOGIN = "/admin/login"

STATUS: Mapping[type[Refusal], int] = {
    Unidentified: 401,
    Unsigned: 401,
    NotAllowed: 403,
    NotFound: 404,
    TooSlow: 408,
    Conflict: 409,
    Gone: 410,
    TooLarge: 413,
    Invalid: 422,
    TooMany: 429,
    Unavailable: 503,
}


@dataclass(frozen=True, slots=True)
class Words:
    heading: str
    words: str


class ErrorPages:
    """Shows the text of an error unchanged: refusals are written for the person at the browser.

    `stylesheet` returns the URL of the home channel's custom style sheet, or "". Errors of the admin's pages are shown
    without it, as these pages are: a style sheet must not be able to hide them.
    """

    def __init__(self, pages: Pages, stylesheet: Callable[[], str]) -> None:
        self._pages, self._stylesheet = pages, stylesheet
        _ = pages.translations.gettext
        self._words: Mapping[int, Words] = {
            401: Words(_("Password required"), _("This page is for the admin of this node.")),
            403: Words(_("Not allowed"), _("You do not have permission to do this.")),
            404: Words(
                _("Page not found"), _("There is no page at this address. Check the address, or go back to the stream.")
            ),
            405: Words(_("Method not allowed"), _("This address cannot be used in this way.")),
            503: Words(_("Service unavailable"), _("The database does not answer. Try again in a moment.")),
            500: Words(_("Server error"), _("Something went wrong. Try again; the log of the node has the details.")),
        }
        self._other = Words(_("That did not work"), "")

    def refusal(self, request: ApiRequest, error: Refusal) -> Response:
        if isinstance(error, Unidentified) and error.challenge and _can_be_led(request):
            return _to_login(request)
        status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)
        extra: dict[str, str] = {}
        if isinstance(error, Unidentified) and error.challenge:
            extra["WWW-Authenticate"] = error.challenge
        if isinstance(error, TooMany | Unavailable):
            extra["Retry-After"] = str(math.ceil(error.after_s))
        return self._answer(request, status, None if status in (401, 404) else sentence(error), extra)

    def wrong_method(self, request: ApiRequest, allowed: Sequence[str]) -> Response:
        return self._answer(request, 405, None, {"Allow": ", ".join(allowed)})

    def fault(self, request: ApiRequest) -> Response:
        return self._answer(request, 500, None, {})

    def unknown(self, request: ApiRequest) -> Response:
        """Return the response for a path that is in no table."""
        return self._answer(request, 404, None, {})

    def _answer(self, request: ApiRequest, status: int, why: str | None, extra: Mapping[str, str]) -> Response:
        known = self._words.get(status, self._other)
        words = why[:1].upper() + why[1:] if why else known.words
        if "text/html" not in request.http.headers.get("accept", ""):
            response: Response = PlainTextResponse(words, status)
        else:
            _ = self._pages.translations.gettext
            admin = request.path.startswith("/admin")
            values = {
                "code": status,
                "heading": known.heading,
                "words": words,
                "back": "/admin/" if admin and status != 401 else "/",
                "custom_stylesheet": "" if admin else self._stylesheet(),
                "back_label": _("Go to the admin page") if admin and status != 401 else _("Go to the stream"),
            }
            response = self._pages.page("error.html", values, frame=Frame.SELF, status=status, cache="no-store")
        response.headers.update(extra)
        return response


def _can_be_led(request: ApiRequest) -> bool:
    """Return whether a person opens the page in a browser and did not send a password.

    Programs and wrong passwords get 401. So does a form that is sent after the session ended: its text is not lost, as
    the browser asks for the password and sends the form again.
    """
    headers = request.http.headers
    return (
        request.method in ("GET", "HEAD")
        and "text/html" in headers.get("accept", "")
        and "authorization" not in headers
    )


def _to_login(request: ApiRequest) -> Response:
    url = request.http.url
    query = urlencode({"next": f"{url.path}?{url.query}" if url.query else url.path})
    return RedirectResponse(f"{LOGIN}?{query}", 303, {"Cache-Control": "no-store"})
