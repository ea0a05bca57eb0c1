"""The admin page: what is on the air, and the forms. Every form works without a script: post, redirect, get."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.responses import RedirectResponse, Response

from fedistream.api.ask import Ask
from fedistream.api.pages import fields, texts
from fedistream.api.pages.csp import Frame
from fedistream.api.pages.forms import Tickets, form
from fedistream.api.pages.rendering import Pages
from fedistream.api.pages.shapes import StreamKey, figures, shown_keys
from fedistream.api.pages.site import Listening, origin, rtmp_server
from fedistream.broadcasts.air import Air, State
from fedistream.errors import Conflict, Invalid
from fedistream.logbook import Logbook
from fedistream.viewers.service import Peak

PAGE = "/admin/"
TITLE_FORM = ("streamtitle",)
CHANNEL_FORM = (
    *("name", "tags", "serversummary", "offlinemessage", "socialhandles", "pagecontent", "broadcast.grace_s"),
)
LOG_LINES = 100
KEY_BYTES = 24  # 32 characters, which OBS shows whole
MAX_KEYS = 20


class HomeChannel(Protocol):
    @property
    def id(self) -> int: ...


class Channels(Protocol):
    def home(self) -> HomeChannel: ...
    async def stream_keys(self, channel_id: int) -> Sequence[StreamKey]: ...
    async def replace_stream_keys(self, channel_id: int, keys: Sequence[tuple[str, str]]) -> object: ...


class Broadcasts(Protocol):
    def air(self, channel_id: int) -> Air: ...
    async def disconnect(self, channel_id: int) -> bool: ...


class Viewers(Protocol):
    def count(self, channel_id: int) -> int: ...
    def peak(self, channel_id: int) -> Peak: ...


class Settings(Protocol):
    def value(self, name: str, channel_id: int | None = None) -> object: ...
    async def change(self, name: str, value: object, channel_id: int | None = None) -> object: ...


class People(Protocol):
    async def set_admin_password(self, password: str) -> object: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What the admin page needs of the node. `chance(n)` gives n random bytes."""

    pages: Pages
    tickets: Tickets
    channels: Channels
    broadcasts: Broadcasts
    viewers: Viewers
    settings: Settings
    people: People
    logbook: Logbook
    listening: Listening
    chance: Callable[[int], bytes]

    @property
    def home(self) -> int:
        return self.channels.home().id

    def words(self, text: str) -> str:
        return self.pages.translations.gettext(text)

    def new_key(self) -> str:
        return base64.urlsafe_b64encode(self.chance(KEY_BYTES)).decode()


async def show(ask: Ask, desk: Desk) -> Response:
    """GET /admin/"""
    return await _page(ask, desk)


async def live(ask: Ask, desk: Desk) -> Response:
    """GET /admin/live: the parts of the page that change by themselves."""
    return desk.pages.page("parts/live.html", _live(desk), frame=Frame.NOBODY, cache="no-store")


async def to_page(ask: Ask) -> Response:
    """GET /admin, with or without being let in: the address says nothing that the other does not."""
    return RedirectResponse(PAGE, 301)


async def set_title(ask: Ask, desk: Desk) -> Response:
    return await _save(ask, desk, TITLE_FORM, "title")


async def set_channel(ask: Ask, desk: Desk) -> Response:
    return await _save(ask, desk, CHANNEL_FORM, "channel")


async def disconnect(ask: Ask, desk: Desk) -> Response:
    form(ask, desk.tickets)
    ended = await desk.broadcasts.disconnect(desk.home)
    return _done("disconnected" if ended else "nothing-live")


async def add_key(ask: Ask, desk: Desk) -> Response:
    brought = form(ask, desk.tickets)
    present = await _changeable(desk)
    if len(present) >= MAX_KEYS:
        raise Conflict(f"there are {MAX_KEYS} stream keys already, remove one first")
    comment = brought.get("comment", "").strip() or desk.words("Added on the admin page")
    await desk.channels.replace_stream_keys(desk.home, [*present, (desk.new_key(), comment)])
    return _done("key-added")


async def renew_keys(ask: Ask, desk: Desk) -> Response:
    form(ask, desk.tickets)
    await _changeable(desk)
    key = (desk.new_key(), desk.words("Made on the admin page"))
    await desk.channels.replace_stream_keys(desk.home, [key])
    return _done("keys-renewed")


async def remove_key(ask: Ask, desk: Desk) -> Response:
    mark = form(ask, desk.tickets).get("mark", "")
    await _changeable(desk)
    present = shown_keys(await desk.channels.stream_keys(desk.home))
    left = [(key.key, key.comment) for key in present if key.mark != mark]
    if len(left) == len(present):
        return _done("key-removed")  # somebody was faster; what was wanted is so
    if not left:
        raise Conflict("the last stream key cannot be removed, replace it instead")
    await desk.channels.replace_stream_keys(desk.home, left)
    return _done("key-removed")


async def set_password(ask: Ask, desk: Desk) -> Response:
    brought = form(ask, desk.tickets)
    password = brought.get("password", "")
    try:
        if password != brought.get("again", ""):
            raise Invalid("again", desk.words("is not the same as the new password"))
        await desk.people.set_admin_password(password)
    except Invalid as error:
        where = "again" if error.field == "again" else "password"
        return await _page(ask, desk, errors={where: error.why})
    return _done("password")


async def _changeable(desk: Desk) -> list[tuple[str, str]]:
    """Raises Conflict when the key was given at the start: a change would be forgotten with the next one."""
    if desk.listening.key_overridden:
        raise Conflict("the stream key was given when the node was started, and is changed there")
    return [(key.key, key.comment) for key in await desk.channels.stream_keys(desk.home)]


async def _save(ask: Ask, desk: Desk, names: Sequence[str], done: str) -> Response:
    """Each field for itself: what is right is saved, what is not is shown again with the reason."""
    brought = form(ask, desk.tickets)
    errors: dict[str, str] = {}
    for name in names:
        typed = brought.get(name)
        if typed is None or typed == fields.write(name, desk.settings.value(name, desk.home)):
            continue
        try:
            await desk.settings.change(name, fields.read(name, typed), desk.home)
        except Invalid as error:
            errors[name] = error.why
    if errors:
        return await _page(ask, desk, errors=errors, typed={name: brought.get(name, "") for name in errors})
    return _done(done)


async def _page(
    ask: Ask, desk: Desk, *, errors: Mapping[str, str] | None = None, typed: Mapping[str, str] | None = None
) -> Response:
    home = desk.home
    values = {name: fields.write(name, desk.settings.value(name, home)) for name in (*TITLE_FORM, *CHANNEL_FORM)}
    notice = texts.notices(desk.pages.translations).get(ask.query.get("done", ""), "")
    server = rtmp_server(origin(ask, desk.settings.value("serverurl")), desk.listening.rtmp_port)
    shown = {
        **_live(desk),
        "name": values["name"],
        "values": {**values, **(typed or {})},
        "errors": errors or {},
        "labels": texts.labels(desk.pages.translations),
        "notice": "" if errors else notice,
        "form_ticket": desk.tickets.issue(),
        "keys": shown_keys(await desk.channels.stream_keys(home)),
        "key_overridden": desk.listening.key_overridden,
        "rtmp_server": server,
        "page_data": {"lang": desk.pages.language, "texts": texts.admin(desk.pages.translations)},
    }
    status = 422 if errors else 200
    return desk.pages.page("admin.html", shown, frame=Frame.NOBODY, status=status, cache="no-store")


def _live(desk: Desk) -> dict[str, object]:
    air = desk.broadcasts.air(desk.home)
    return {
        "air": air,
        "live": air.state is not State.OFFLINE,
        "badge": texts.watch(desk.pages.translations)[f"badge.{air.state.value}"],
        "viewers": desk.viewers.count(desk.home),
        "peak": desk.viewers.peak(desk.home),
        "figures": figures(air.encoder, desk.words),
        "log": desk.logbook.lines()[:LOG_LINES],
    }


def _done(what: str) -> Response:
    """Back to the page, with a word for what it shall say (texts.notices)."""
    return RedirectResponse(f"{PAGE}?done={what}", 303)
