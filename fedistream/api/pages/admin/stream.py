"""The admin's first page: the live broadcast, the encoder's settings, and the channel's description."""

from starlette.responses import RedirectResponse, Response

from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import texts
from fedistream.api.pages.admin.frame import AdminPage, FormResult, done, page, save
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.csp import Frame
from fedistream.api.pages.forms import form
from fedistream.api.pages.shapes import figures, shown_keys
from fedistream.api.pages.site import origin, rtmp_server
from fedistream.api.wording import explain
from fedistream.broadcasts.values import State
from fedistream.channels.values import ChannelProblem
from fedistream.core.errors import Conflict, Invalid
from fedistream.metrics import wording

PAGE = "/admin/"
TITLE_FORM = ("channel.title",)
CHANNEL_FORM = (
    *(
        "channel.name",
        "channel.tags",
        "channel.summary",
        "channel.offline_message",
        "channel.social_handles",
        "channel.page_content",
        "broadcast.grace_s",
        "backup.hourly_kept",
    ),
)
ADMIN_PAGE = AdminPage("admin/stream.html", PAGE, (*TITLE_FORM, *CHANNEL_FORM))
LOG_LINES = 100
MAX_KEYS = 20


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/"""
    return await _page(request, services)


async def live(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/live: the parts of the page that change by themselves."""
    return services.pages.page(
        "partials/admin-live-parts.html", _live(request, services), frame=Frame.NOBODY, cache="no-store"
    )


async def to_page(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin: redirect to /admin/, also without a password."""
    return RedirectResponse(PAGE, 301)


async def set_title(request: ApiRequest, services: AdminPagesServices) -> Response:
    result = await save(request, services, form(request, services.csrf), TITLE_FORM)
    return await _page(request, services, result) if result.errors else done(PAGE, "title")


async def set_channel(request: ApiRequest, services: AdminPagesServices) -> Response:
    result = await save(request, services, form(request, services.csrf), CHANNEL_FORM)
    return await _page(request, services, result) if result.errors else done(PAGE, "channel")


async def disconnect(request: ApiRequest, services: AdminPagesServices) -> Response:
    form(request, services.csrf)
    ended = await services.broadcasts.disconnect(request.channel.id)
    return done(PAGE, "disconnected" if ended else "nothing-live")


async def add_key(request: ApiRequest, services: AdminPagesServices) -> Response:
    submitted = form(request, services.csrf)
    present = await _changeable(request, services)
    if len(present) >= MAX_KEYS:
        raise Conflict(ChannelProblem.MANY_KEYS, most=MAX_KEYS)
    comment = submitted.get("comment", "").strip() or services.words("Added on the admin page")
    await services.channels.replace_stream_keys(request.channel.id, [*present, (services.new_key(), comment)])
    return done(PAGE, "key-added")


async def renew_keys(request: ApiRequest, services: AdminPagesServices) -> Response:
    form(request, services.csrf)
    await _changeable(request, services)
    key = (services.new_key(), services.words("Made on the admin page"))
    await services.channels.replace_stream_keys(request.channel.id, [key])
    return done(PAGE, "keys-renewed")


async def remove_key(request: ApiRequest, services: AdminPagesServices) -> Response:
    mark = form(request, services.csrf).get("mark", "")
    await _changeable(request, services)
    present = shown_keys(await services.channels.stream_keys(request.channel.id))
    left = [(key.key, key.comment) for key in present if key.mark != mark]
    if len(left) == len(present):
        return done(PAGE, "key-removed")  # another request did it first
    if not left:
        raise Conflict(ChannelProblem.LAST_KEY)
    await services.channels.replace_stream_keys(request.channel.id, left)
    return done(PAGE, "key-removed")


async def set_password(request: ApiRequest, services: AdminPagesServices) -> Response:
    submitted = form(request, services.csrf)
    password = submitted.get("password", "")
    try:
        if password != submitted.get("again", ""):
            raise Invalid("again", RequestProblem.PASSWORDS_DIFFER)
        await services.people.set_admin_password(password, request.session)
    except Invalid as error:
        where = "again" if error.field == "again" else "password"
        return await _page(request, services, FormResult({where: explain(error)}))
    return done(PAGE, "password")


async def _changeable(request: ApiRequest, services: AdminPagesServices) -> list[tuple[str, str]]:
    """Raises Conflict when the key was given at the start: a change would be lost at the next start."""
    if services.listening.key_overridden:
        raise Conflict(ChannelProblem.KEY_GIVEN_AT_START)
    return [(key.key, key.comment) for key in await services.channels.stream_keys(request.channel.id)]


async def _page(request: ApiRequest, services: AdminPagesServices, result: FormResult | None = None) -> Response:
    server = rtmp_server(origin(request, services.settings.value("node.public_url")), services.listening.rtmp_port)
    shown = {
        **_live(request, services),
        "keys": shown_keys(await services.channels.stream_keys(request.channel.id)),
        "key_overridden": services.listening.key_overridden,
        "rtmp_server": server,
    }
    return await page(request, services, ADMIN_PAGE, shown, result)


def _live(request: ApiRequest, services: AdminPagesServices) -> dict[str, object]:
    live_status = services.broadcasts.live_status(request.channel.id)
    score = services.health.of(request.channel.id)
    return {
        "health": score,
        "health_message": "" if score is None else wording.message(score),
        "live_status": live_status,
        "live": live_status.state is not State.OFFLINE,
        "badge": texts.watch(services.pages.translations)[f"badge.{live_status.state.value}"],
        "viewers": services.viewers.count(request.channel.id),
        "peak": services.viewers.peak(request.channel.id),
        "figures": figures(live_status.encoder, services.words),
        "log": services.log_buffer.lines()[:LOG_LINES],
    }
