"""The admin's first page: what is on the air, how encoders send, and what the channel says of itself."""

from starlette.responses import RedirectResponse, Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import texts
from fedistream.api.pages.admin.context import AdminContext, AdminPage, FormResult, done, page, save
from fedistream.api.pages.csp import Frame
from fedistream.api.pages.forms import form
from fedistream.api.pages.shapes import figures, shown_keys
from fedistream.api.pages.site import origin, rtmp_server
from fedistream.broadcasts.values import State
from fedistream.core.errors import Conflict, Invalid

PAGE = "/admin/"
TITLE_FORM = ("streamtitle",)
CHANNEL_FORM = (
    *("name", "tags", "serversummary", "offlinemessage", "socialhandles", "pagecontent", "broadcast.grace_s"),
)
SHEET = AdminPage("admin/stream.html", PAGE, (*TITLE_FORM, *CHANNEL_FORM))
LOG_LINES = 100
MAX_KEYS = 20


async def show(ask: ApiRequest, desk: AdminContext) -> Response:
    """GET /admin/"""
    return await _page(ask, desk)


async def live(ask: ApiRequest, desk: AdminContext) -> Response:
    """GET /admin/live: the parts of the page that change by themselves."""
    return desk.pages.page("parts/live.html", _live(desk), frame=Frame.NOBODY, cache="no-store")


async def to_page(ask: ApiRequest) -> Response:
    """GET /admin, with or without being let in: the address says nothing that the other does not."""
    return RedirectResponse(PAGE, 301)


async def set_title(ask: ApiRequest, desk: AdminContext) -> Response:
    filled = await save(desk, form(ask, desk.tickets), TITLE_FORM)
    return await _page(ask, desk, filled) if filled.errors else done(PAGE, "title")


async def set_channel(ask: ApiRequest, desk: AdminContext) -> Response:
    filled = await save(desk, form(ask, desk.tickets), CHANNEL_FORM)
    return await _page(ask, desk, filled) if filled.errors else done(PAGE, "channel")


async def disconnect(ask: ApiRequest, desk: AdminContext) -> Response:
    form(ask, desk.tickets)
    ended = await desk.broadcasts.disconnect(desk.home)
    return done(PAGE, "disconnected" if ended else "nothing-live")


async def add_key(ask: ApiRequest, desk: AdminContext) -> Response:
    brought = form(ask, desk.tickets)
    present = await _changeable(desk)
    if len(present) >= MAX_KEYS:
        raise Conflict(f"there are {MAX_KEYS} stream keys already, remove one first")
    comment = brought.get("comment", "").strip() or desk.words("Added on the admin page")
    await desk.channels.replace_stream_keys(desk.home, [*present, (desk.new_key(), comment)])
    return done(PAGE, "key-added")


async def renew_keys(ask: ApiRequest, desk: AdminContext) -> Response:
    form(ask, desk.tickets)
    await _changeable(desk)
    key = (desk.new_key(), desk.words("Made on the admin page"))
    await desk.channels.replace_stream_keys(desk.home, [key])
    return done(PAGE, "keys-renewed")


async def remove_key(ask: ApiRequest, desk: AdminContext) -> Response:
    mark = form(ask, desk.tickets).get("mark", "")
    await _changeable(desk)
    present = shown_keys(await desk.channels.stream_keys(desk.home))
    left = [(key.key, key.comment) for key in present if key.mark != mark]
    if len(left) == len(present):
        return done(PAGE, "key-removed")  # somebody was faster; what was wanted is so
    if not left:
        raise Conflict("the last stream key cannot be removed, replace it instead")
    await desk.channels.replace_stream_keys(desk.home, left)
    return done(PAGE, "key-removed")


async def set_password(ask: ApiRequest, desk: AdminContext) -> Response:
    brought = form(ask, desk.tickets)
    password = brought.get("password", "")
    try:
        if password != brought.get("again", ""):
            raise Invalid("again", desk.words("is not the same as the new password"))
        await desk.people.set_admin_password(password)
    except Invalid as error:
        where = "again" if error.field == "again" else "password"
        return await _page(ask, desk, FormResult({where: error.why}))
    return done(PAGE, "password")


async def _changeable(desk: AdminContext) -> list[tuple[str, str]]:
    """Raises Conflict when the key was given at the start: a change would be forgotten with the next one."""
    if desk.listening.key_overridden:
        raise Conflict("the stream key was given when the node was started, and is changed there")
    return [(key.key, key.comment) for key in await desk.channels.stream_keys(desk.home)]


async def _page(ask: ApiRequest, desk: AdminContext, filled: FormResult | None = None) -> Response:
    server = rtmp_server(origin(ask, desk.settings.value("serverurl")), desk.listening.rtmp_port)
    shown = {
        **_live(desk),
        "keys": shown_keys(await desk.channels.stream_keys(desk.home)),
        "key_overridden": desk.listening.key_overridden,
        "rtmp_server": server,
    }
    return await page(ask, desk, SHEET, shown, filled)


def _live(desk: AdminContext) -> dict[str, object]:
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
