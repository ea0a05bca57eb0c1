"""What all pages of the admin share: the frame with its navigation, forms that change settings, and the way back."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qsl, urlencode

from starlette.responses import RedirectResponse, Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import fields, texts
from fedistream.api.pages.csp import Frame
from fedistream.api.pages.forms import CsrfTokens
from fedistream.api.pages.rendering import Pages
from fedistream.api.pages.shapes import StreamKey
from fedistream.api.pages.site import Listening
from fedistream.broadcasts.values import LiveStatus
from fedistream.core.errors import Conflict, Invalid
from fedistream.core.log_buffer import LogBuffer
from fedistream.core.ports import Channel
from fedistream.settings.table import BY_NAME
from fedistream.viewers.service import Peak

URLS = {"live": "/admin/live"}
"""What the module of the pages asks for."""
KEY_BYTES = 24  # 32 characters, which OBS shows whole
ROWS = 50  # of a list on one page
MAX_OFFSET = 10**8
MAX_DIGITS = 18  # of an id: a BIGINT has 19, and 18 nines fit into it


class Channels(Protocol):
    def home(self) -> Channel: ...
    async def stream_keys(self, channel_id: int) -> Sequence[StreamKey]: ...
    async def replace_stream_keys(self, channel_id: int, keys: Sequence[tuple[str, str]]) -> object: ...


class Broadcasts(Protocol):
    def air(self, channel_id: int) -> LiveStatus: ...
    async def disconnect(self, channel_id: int) -> bool: ...


class Viewers(Protocol):
    def count(self, channel_id: int) -> int: ...
    def peak(self, channel_id: int) -> Peak: ...
    def one_address(self, channel_id: int) -> str: ...


class Settings(Protocol):
    def value(self, name: str, channel_id: int | None = None) -> object: ...
    async def change(self, name: str, value: object, channel_id: int | None = None) -> object: ...


class People(Protocol):
    async def set_admin_password(self, password: str) -> object: ...


class TodoCounts(Protocol):
    async def counts(self, channel_id: int) -> Mapping[str, int]:
        """How many things wait for the admin, by the name of the place where they are."""


class NothingToDo:
    """Nothing waits."""

    async def counts(self, channel_id: int) -> Mapping[str, int]:
        return {}


@dataclass(frozen=True, slots=True)
class AdminContext:
    """What the admin's pages need of the node. `chance(n)` gives n random bytes."""

    pages: Pages
    csrf: CsrfTokens
    channels: Channels
    broadcasts: Broadcasts
    viewers: Viewers
    settings: Settings
    people: People
    log_buffer: LogBuffer
    listening: Listening
    chance: Callable[[int], bytes]
    attention: TodoCounts = field(default_factory=NothingToDo)

    @property
    def home(self) -> int:
        return self.channels.home().id

    def words(self, text: str) -> str:
        return self.pages.translations.gettext(text)

    def new_key(self) -> str:
        return base64.urlsafe_b64encode(self.chance(KEY_BYTES)).decode()

    def value(self, name: str) -> object:
        """Of a setting, as it holds for the home channel."""
        return self.settings.value(name, self.home)


@dataclass(frozen=True, slots=True)
class FormResult:
    """What of a form was not taken: why, and what was typed, by the names of the fields."""

    errors: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AdminPage:
    """A page to be: its template, where it is, and the settings that its forms show."""

    template: str
    path: str
    settings: Sequence[str] = ()


async def page(
    request: ApiRequest,
    context: AdminContext,
    sheet: AdminPage,
    shown: Mapping[str, object],
    filled: FormResult | None = None,
) -> Response:
    """The sheet within the frame, and what is told after a redirect."""
    filled = filled or FormResult()
    words = context.pages.translations
    notice = texts.notices(words).get(request.query.get("done", ""), "")
    values = {name: fields.write(name, context.value(name)) for name in sheet.settings}
    given = {
        "name": context.value("name"),
        "here": sheet.path,
        "one_address": context.viewers.one_address(context.home),
        "waiting": await context.attention.counts(context.home),
        "values": {**values, **filled.typed},
        "errors": filled.errors,
        "labels": texts.labels(words),
        "notice": "" if filled.errors else notice,
        "form_ticket": context.csrf.issue(),
        "page_data": {"lang": context.pages.language, "urls": URLS, "texts": texts.admin(words)},
        **shown,
    }
    status = 422 if filled.errors else 200
    return context.pages.page(sheet.template, given, frame=Frame.NOBODY, status=status, cache="no-store")


async def save(context: AdminContext, brought: Mapping[str, str], names: Sequence[str]) -> FormResult:
    """Each setting for itself: what is right is saved, what is not is given back with the reason."""
    errors: dict[str, str] = {}
    for name in names:
        typed = brought.get(name)
        if typed is None or typed == fields.write(name, context.value(name)):
            continue
        try:
            channel_id = context.home if BY_NAME[name].scope == "channel" else None
            await context.settings.change(name, fields.read(name, typed), channel_id)
        except Invalid as error:
            errors[name] = error.why
        except Conflict as error:
            errors[name] = str(error)
    return FormResult(errors, {name: brought.get(name, "") for name in errors})


def done(path: str, what: str, **query: str) -> Response:
    """Back to the page at `path`, with a word for what it shall say (texts.notices)."""
    return RedirectResponse(f"{path}?{urlencode({**query, 'done': what})}", 303)


def view(brought: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """What of a list was looked at when the form beside it was sent: the members of its query that are known."""
    given = dict(parse_qsl(brought.get("view", "")[:2000]))
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
        """The query of the page before this one, "" if there is none."""
        return self._at(max(0, self.offset - ROWS)) if self.offset > 0 else ""

    @property
    def older(self) -> str:
        return self._at(self.offset + ROWS) if self.offset + ROWS < self.total else ""

    def _at(self, offset: int) -> str:
        return urlencode({**{name: value for name, value in self.query.items() if value}, "offset": str(offset)})


def offset(request: ApiRequest) -> int:
    """Where a list begins, by the query; what is no number is the beginning."""
    text = request.query.get("offset", "")
    return min(int(text), MAX_OFFSET) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def number(text: str) -> int:
    """The id of a row, as a form brings it. Raises Invalid."""
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS):
        raise Invalid("id", "must be a number")
    return int(text)
