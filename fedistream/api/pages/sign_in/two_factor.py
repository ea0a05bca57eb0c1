"""The page of the second factor: set up with a QR code, recovery codes, and what HTTP Basic may."""

import base64
import importlib
import io

from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import AdminPage, FormResult, done, page
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form
from fedistream.api.wording import explain
from fedistream.core.errors import Conflict, Invalid
from fedistream.people import totp
from fedistream.people.service import ADMIN
from fedistream.people.values import PasswordProblem

PAGE = "/admin/two-factor"
ADMIN_PAGE = AdminPage("admin/two-factor.html", PAGE)
QUIET = 4  # modules around a QR code (ISO/IEC 18004, 5.3.8)


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/two-factor"""
    return await _page(request, services)


async def begin(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/two-factor: show a new secret. No redirect: it is on this page alone."""
    form(request, services.csrf)
    return await _page(request, services, secret=await services.second_factor.begin())


async def confirm(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/two-factor/confirm: let it hold, and show the recovery codes once. All other sessions end."""
    submitted = form(request, services.csrf)
    try:
        codes = await services.second_factor.confirm(submitted.get("code", ""))
    except Invalid as error:
        secret = await services.second_factor.pending()
        return await _page(request, services, FormResult({"code": explain(error)}), secret=secret)
    await services.sessions.end_others(request.session)
    return await _page(request, services, codes=codes)


async def disable(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/two-factor/disable"""
    submitted = form(request, services.csrf)
    try:
        await services.second_factor.disable(submitted.get("code", ""))
    except Invalid as error:
        return await _page(request, services, FormResult({"code": explain(error)}))
    return done(PAGE, "two-factor-off")


async def allow_basic(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/two-factor/basic"""
    submitted = form(request, services.csrf)
    if not (await services.second_factor.status()).enabled:
        raise Conflict(PasswordProblem.TWO_FACTOR_OFF)
    await services.second_factor.allow_basic(submitted.get("basic") == "on")
    return done(PAGE, "saved")


async def _page(
    request: ApiRequest,
    services: AdminPagesServices,
    result: FormResult | None = None,
    *,
    secret: bytes | None = None,
    codes: tuple[str, ...] = (),
) -> Response:
    status = await services.second_factor.status()
    uri = ""
    if secret is not None:
        uri = totp.uri(secret, str(services.settings.value("channel.name", request.channel.id)), ADMIN)
    shown = {
        "status": status,
        "codes": codes,
        "secret": totp.written(secret) if secret is not None else "",
        "uri": uri,
        "picture": _picture(uri) if uri else "",
        "values": {"basic": status.basic_allowed},
    }
    return await page(request, services, ADMIN_PAGE, shown, result)


def _picture(uri: str) -> str:
    """Return the QR code as a data URL. It is kept nowhere, as it holds the secret."""
    segno = importlib.import_module("segno")  # loaded when it is needed, as hardly any start needs it
    drawn = io.BytesIO()
    made = segno.make(uri, error="m", micro=False)
    made.save(drawn, kind="svg", xmldecl=False, omitsize=True, border=QUIET, dark="#000", light="#fff")
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode()
