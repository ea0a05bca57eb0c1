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


async def show(request: ApiRequest, context: AdminContext) -> Response:
    """GET /admin/"""
    return await _page(request, context)


async def live(request: ApiRequest, context: AdminContext) -> Response:
    """GET /admin/live: the parts of the page that change by themselves."""
    return context.pages.page("partials/admin-live-parts.html", _live(context), frame=Frame.NOBODY, cache="no-store")


async def to_page(request: ApiRequest) -> Response:
    """GET /admin, with or without being let in: the address says nothing that the other does not."""
    return RedirectResponse(PAGE, 301)


async def set_title(request: ApiRequest, context: AdminContext) -> Response:
    filled = await save(context, form(request, context.csrf), TITLE_FORM)
    return await _page(request, context, filled) if filled.errors else done(PAGE, "title")


async def set_channel(request: ApiRequest, context: AdminContext) -> Response:
    filled = await save(context, form(request, context.csrf), CHANNEL_FORM)
    return await _page(request, context, filled) if filled.errors else done(PAGE, "channel")


async def disconnect(request: ApiRequest, context: AdminContext) -> Response:
    form(request, context.csrf)
    ended = await context.broadcasts.disconnect(context.home)
    return done(PAGE, "disconnected" if ended else "nothing-live")


async def add_key(request: ApiRequest, context: AdminContext) -> Response:
    brought = form(request, context.csrf)
    present = await _changeable(context)
    if len(present) >= MAX_KEYS:
        raise Conflict(f"there are {MAX_KEYS} stream keys already, remove one first")
    comment = brought.get("comment", "").strip() or context.words("Added on the admin page")
    await context.channels.replace_stream_keys(context.home, [*present, (context.new_key(), comment)])
    return done(PAGE, "key-added")


async def renew_keys(request: ApiRequest, context: AdminContext) -> Response:
    form(request, context.csrf)
    await _changeable(context)
    key = (context.new_key(), context.words("Made on the admin page"))
    await context.channels.replace_stream_keys(context.home, [key])
    return done(PAGE, "keys-renewed")


async def remove_key(request: ApiRequest, context: AdminContext) -> Response:
    mark = form(request, context.csrf).get("mark", "")
    await _changeable(context)
    present = shown_keys(await context.channels.stream_keys(context.home))
    left = [(key.key, key.comment) for key in present if key.mark != mark]
    if len(left) == len(present):
        return done(PAGE, "key-removed")  # somebody was faster; what was wanted is so
    if not left:
        raise Conflict("the last stream key cannot be removed, replace it instead")
    await context.channels.replace_stream_keys(context.home, left)
    return done(PAGE, "key-removed")


async def set_password(request: ApiRequest, context: AdminContext) -> Response:
    brought = form(request, context.csrf)
    password = brought.get("password", "")
    try:
        if password != brought.get("again", ""):
            raise Invalid("again", context.words("is not the same as the new password"))
        await context.people.set_admin_password(password)
    except Invalid as error:
        where = "again" if error.field == "again" else "password"
        return await _page(request, context, FormResult({where: error.why}))
    return done(PAGE, "password")


async def _changeable(context: AdminContext) -> list[tuple[str, str]]:
    """Raises Conflict when the key was given at the start: a change would be forgotten with the next one."""
    if context.listening.key_overridden:
        raise Conflict("the stream key was given when the node was started, and is changed there")
    return [(key.key, key.comment) for key in await context.channels.stream_keys(context.home)]


async def _page(request: ApiRequest, context: AdminContext, filled: FormResult | None = None) -> Response:
    server = rtmp_server(origin(request, context.settings.value("serverurl")), context.listening.rtmp_port)
    shown = {
        **_live(context),
        "keys": shown_keys(await context.channels.stream_keys(context.home)),
        "key_overridden": context.listening.key_overridden,
        "rtmp_server": server,
    }
    return await page(request, context, SHEET, shown, filled)


def _live(context: AdminContext) -> dict[str, object]:
    air = context.broadcasts.air(context.home)
    return {
        "air": air,
        "live": air.state is not State.OFFLINE,
        "badge": texts.watch(context.pages.translations)[f"badge.{air.state.value}"],
        "viewers": context.viewers.count(context.home),
        "peak": context.viewers.peak(context.home),
        "figures": figures(air.encoder, context.words),
        "log": context.log_buffer.lines()[:LOG_LINES],
    }
