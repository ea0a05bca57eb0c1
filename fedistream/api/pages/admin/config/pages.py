"""The pages of the table, the images of the appearance page, and the lists of external actions and output variants."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from fedistream.api.http.problems import RequestProblem
from fedistream.api.http.request import ApiRequest
from fedistream.api.pages import texts
from fedistream.api.pages.admin.config import members, renditions
from fedistream.api.pages.admin.config.sections import PAGE as PAGE
from fedistream.api.pages.admin.config.sections import Section, sections
from fedistream.api.pages.admin.frame import AdminPage, FormResult, done, page, save
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form, upload
from fedistream.api.wording import explain
from fedistream.appearance.service import FAVICON, LOGO, MAX_FAVICON, MAX_LOGO
from fedistream.core.errors import Conflict, Invalid, NotFound
from fedistream.notifications.values import Way
from fedistream.settings.structures import MAX_RENDITIONS

ACTIONS = "page.external_actions"
DISCORD = "notifications.discord"
ACTION_MEMBERS = ("title", "description", "url", "html", "icon", "color", "openExternally")
UPLOAD_LIMIT = 2 * MAX_LOGO  # bytes; a picture that is a little too large gets its sentence


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/config/{section}"""
    return await _page(request, services, _section(request, services))


async def change(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/config/{section}"""
    section, submitted = _section(request, services), form(request, services.csrf)
    plain = [each.setting for each in section.fields if not each.member]
    first = await save(request, services, submitted, plain)
    second = await members.save(request, services, submitted, section.fields)
    result = FormResult({**first.errors, **second.errors}, {**first.typed, **second.typed})
    return await _page(request, services, section, result) if result.errors else done(section.path, "saved")


async def change_image(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/config/appearance/image: set the logo or the favicon, or go back to the default."""
    submitted = await upload(request, services.csrf, "picture")
    which, images, channel_id = submitted.fields.get("which", ""), services.images, request.channel.id
    section = sections(services.pages.translations)["appearance"]
    try:
        if which == "favicon":
            await (images.remove_favicon() if "remove" in submitted.fields else images.set_favicon(submitted.data))
        elif "remove" in submitted.fields:
            await images.remove_logo(channel_id)
        else:
            await images.set_logo(channel_id, submitted.data)
    except Invalid as error:
        name = "picture-favicon" if which == "favicon" else "picture-logo"
        return await _page(request, services, section, FormResult({name: explain(error)}))
    return done(section.path, "saved")


async def change_action(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/config/actions/one: add, save or remove one external action. `number` is its place in the list."""
    submitted = form(request, services.csrf)
    section = sections(services.pages.translations)["actions"]
    present: list[dict[str, Any]] = services.settings.value(ACTIONS, request.channel.id)
    place = submitted.get("number", "")
    given = {
        **{name: submitted.get(name, "") for name in ACTION_MEMBERS},
        "openExternally": "openExternally" in submitted,
    }
    if not place:
        changed = [*present, given]
    elif not (place.isascii() and place.isdecimal() and int(place[:4]) < len(present)):
        return done(section.path, "gone")
    elif submitted.get("do") == "remove":
        changed = [each for number, each in enumerate(present) if number != int(place)]
    else:
        changed = [given if number == int(place) else each for number, each in enumerate(present)]
    try:
        await services.settings.change(ACTIONS, changed, request.channel.id)
    except Invalid as error:
        typed = {"number": place, **given}
        return await _page(request, services, section, FormResult({"action": explain(error)}), typed)
    return done(section.path, "saved")


async def change_rendition(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/config/video/variant: add, save or remove one output variant. `number` is its place in the list."""
    submitted = form(request, services.csrf)
    section = sections(services.pages.translations)["video"]
    present: list[dict[str, Any]] = services.settings.value(renditions.SETTING, request.channel.id)
    text = submitted.get("number", "")
    place = int(text[:4]) if text.isascii() and text.isdecimal() else None
    if text and (place is None or place >= len(present)):
        return done(section.path, "gone")
    at = renditions.NEW if place is None else place
    given = None if submitted.get("do") == "remove" else renditions.read(at, submitted)
    try:
        made = renditions.changed(present, place, given)
        await services.settings.change(renditions.SETTING, made, request.channel.id)
    except Invalid as error:
        member = error.field.rpartition(": ")[2]
        wrong = renditions.field_name(at, member if member in renditions.MEMBERS else "name")
        typed = {name: text for name, text in submitted.items() if name.startswith(renditions.field_name(at, ""))}
        return await _page(request, services, section, FormResult({wrong: explain(error)}, typed))
    return done(section.path, "saved")


async def test_notification(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/config/notifications/test: `way` says which; `endpoint` is that of the admin's own browser."""
    brought, channel_id = form(request, services.csrf), request.channel.id
    path = sections(services.pages.translations)["notifications"].path
    try:
        if brought.get("way") == Way.DISCORD:
            await services.notifications.test_discord(channel_id)
        else:
            await services.notifications.test_browser(channel_id, brought.get("endpoint", ""))
    except Conflict:
        return done(path, "no-discord" if brought.get("way") == Way.DISCORD else "no-subscription")
    return done(path, "notification-test")


async def _notifications(services: AdminPagesServices, channel_id: int) -> dict[str, Any]:
    """Return what the page of notifications shows beside its settings."""
    return {
        "subscribers": await services.notifications.subscriptions.count(channel_id),
        "recent": await services.notifications.recent(channel_id),
        "skipped": texts.notification_skipped(services.pages.translations),
        "has_webhook": bool(services.settings.value(DISCORD, channel_id)["webhook"]),
    }


def _has_directory(services: AdminPagesServices) -> bool:
    return bool(services.settings.value("directory.enabled") and services.settings.value("directory.url"))


def _section(request: ApiRequest, services: AdminPagesServices) -> Section:
    found = sections(services.pages.translations).get(request.parts["section"])
    if found is None:
        raise NotFound(RequestProblem.NO_PAGE)
    return found


async def _page(
    request: ApiRequest,
    services: AdminPagesServices,
    section: Section,
    result: FormResult | None = None,
    typed_action: Mapping[str, object] | None = None,
) -> Response:
    words = services.pages.translations
    plain = [each.setting for each in section.fields if not each.member]
    labels = {
        "picture-logo": words.gettext("Logo"),
        "picture-favicon": words.gettext("Favicon"),
        "action": words.gettext("External action"),
    }
    objects = members.values(request, services, section.fields)
    variants = services.settings.value(renditions.SETTING, request.channel.id) if section.name == "video" else []
    objects |= renditions.values(variants) if section.name == "video" else {}
    names = renditions.labels(words)
    places = (*range(len(variants)), renditions.NEW)
    labels |= {renditions.field_name(at, name): each for name, each in names.items() for at in places}
    typed = result.typed if result is not None else {}
    shown: dict[str, Any] = {
        "section": section,
        "sections": list(sections(words).values()),
        "labels": {**texts.labels(words), **labels, **{each.name: each.label for each in section.fields}},
        "actions": services.settings.value(ACTIONS, request.channel.id) if section.name == "actions" else [],
        "typed_action": typed_action or {},
        "listed": section.name == "general" and _has_directory(services),
        "registration": await services.listing.registration() if section.name == "general" else None,
        "variants": variants,
        "variant_labels": names,
        "wrong_variant": renditions.place_of(next(iter(result.errors), "")) if result is not None else "",
        "most_variants": MAX_RENDITIONS,
        "has_logo": bool(services.settings.value(LOGO, request.channel.id)),
        "has_favicon": bool(services.settings.value(FAVICON)),
        "logo_kb": MAX_LOGO // 1024,
        "favicon_kb": MAX_FAVICON // 1024,
    }
    if section.name == "notifications":
        shown |= await _notifications(services, request.channel.id)
    given = result or FormResult()
    admin_page = AdminPage("admin/config.html", section.path, plain)
    return await page(request, services, admin_page, shown, FormResult(given.errors, {**objects, **typed}))
