"""The parts that all admin pages share: the frame with its navigation, settings forms, and redirects after a form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from starlette.responses import RedirectResponse, Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import fields, texts
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.csp import Frame
from fedistream.api.wording import explain
from fedistream.core.errors import Conflict, Invalid, ValueProblem
from fedistream.settings.table import BY_NAME

URLS = {"live": "/admin/live"}
"""What the module of the pages asks for."""
ROWS = 50  # of a list on one page
MAX_OFFSET = 10**8
MAX_DIGITS = 18  # of an id: a BIGINT has 19, and 18 nines fit into it


@dataclass(frozen=True, slots=True)
class FormResult:
    """The rejected fields of a form: the error and the typed value, by field name."""

    errors: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AdminPage:
    """A page to be rendered: its template, its path, and the settings that its forms show."""

    template: str
    path: str
    settings: Sequence[str] = ()


async def page(
    request: ApiRequest,
    services: AdminPagesServices,
    admin_page: AdminPage,
    shown: Mapping[str, object],
    result: FormResult | None = None,
) -> Response:
    """Render the page within the frame, with the message after a redirect."""
    result = result or FormResult()
    words = services.pages.translations
    notice = texts.notices(words).get(request.query.get("done", ""), "")
    values = {
        name: fields.write(name, services.settings.value(name, request.channel.id)) for name in admin_page.settings
    }
    given = {
        "name": services.settings.value("channel.name", request.channel.id),
        "here": admin_page.path,
        "one_address": services.viewers.one_address(request.channel.id),
        "weak_password": await services.people.has_weak_password(),
        "waiting": await services.todo_counts.counts(request.channel.id),
        "values": {**values, **result.typed},
        "errors": result.errors,
        "labels": texts.labels(words),
        "notice": "" if result.errors else notice,
        "csrf_token": services.csrf.issue(),
        "page_data": {"lang": services.pages.language, "urls": URLS, "texts": texts.admin(words)},
        **shown,
    }
    status = 422 if result.errors else 200
    return services.pages.page(admin_page.template, given, frame=Frame.NOBODY, status=status, cache="no-store")


async def save(
    request: ApiRequest, services: AdminPagesServices, submitted: Mapping[str, str], names: Sequence[str]
) -> FormResult:
    """Save each setting on its own. Return the rejected ones with the reasons."""
    errors: dict[str, str] = {}
    for name in names:
        typed = submitted.get(name)
        if typed is None or typed == fields.write(name, services.settings.value(name, request.channel.id)):
            continue
        try:
            channel_id = request.channel.id if BY_NAME[name].scope == "channel" else None
            await services.settings.change(name, fields.read(name, typed), channel_id)
        except Invalid as error:
            errors[name] = explain(error)
        except Conflict as error:
            errors[name] = explain(error)
    return FormResult(errors, {name: submitted.get(name, "") for name in errors})


def done(path: str, what: str, **query: str) -> Response:
    """Redirect to the page at `path`, with the code of the message that it shows (texts.notices)."""
    return RedirectResponse(f"{path}?{urlencode({**query, 'done': what})}", 303)


def view(submitted: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """Return the part of a list that was shown when the form beside it was sent: the known members of its query."""
    given = dict(parse_qsl(submitted.get("view", "")[:2000]))
    return {name: value for name, value in given.items() if name in names}


@dataclass(frozen=True, slots=True)
class Pager:
    """Some rows of a list: `offset` of the first one, of `total`, with the query of the pages before and after."""

    offset: int
    total: int
    query: Mapping[str, str]

    @property
    def first(self) -> int:
        return min(self.offset + 1, self.total)

    @property
    def last(self) -> int:
        return min(self.offset + ROWS, self.total)

    @property
    def view(self) -> str:
        return self._at(self.offset)

    @property
    def newer(self) -> str:
        """Return the query of the previous page, "" if there is none."""
        return self._at(max(0, self.offset - ROWS)) if self.offset > 0 else ""

    @property
    def older(self) -> str:
        return self._at(self.offset + ROWS) if self.offset + ROWS < self.total else ""

    def _at(self, offset: int) -> str:
        return urlencode({**{name: value for name, value in self.query.items() if value}, "offset": str(offset)})


def offset(request: ApiRequest) -> int:
    """Return the offset of a list from the query; 0 when it is not a number."""
    text = request.query.get("offset", "")
    return min(int(text), MAX_OFFSET) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def number(text: str) -> int:
    """Return the id of a row from a form. Raises Invalid."""
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS):
        raise Invalid("id", ValueProblem.NOT_NUMBER)
    return int(text)
