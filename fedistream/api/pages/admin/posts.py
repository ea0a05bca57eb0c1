"""The page of posts to the followers: write, preview, send, pin, delete."""

from datetime import datetime

from markupsafe import Markup
from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.frame import ROWS, AdminPage, FormResult, Pager, done, offset, page
from fedistream.api.pages.admin.services import AdminPagesServices
from fedistream.api.pages.forms import form
from fedistream.api.wording import explain
from fedistream.core.errors import Gone, Invalid, NotFound
from fedistream.federation.posts.values import Post

PAGE = "/admin/federation/posts"
ADMIN_PAGE = AdminPage("admin/posts.html", PAGE)


async def show(request: ApiRequest, services: AdminPagesServices) -> Response:
    """GET /admin/federation/posts"""
    return await _page(request, services)


async def write(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/federation/posts: shows what the text would look like, or sends it."""
    submitted = form(request, services.csrf)
    text = submitted.get("text", "")
    try:
        if submitted.get("do") != "send":
            made = await services.posts.preview(request.channel, text)
            return await _page(request, services, FormResult(typed={"text": text}), made)
        await services.posts.publish(request.channel, text)
    except Invalid as error:
        return await _page(request, services, FormResult({"text": explain(error)}, {"text": text}))
    return done(PAGE, "post-sent")


async def pin(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/federation/posts/pin"""
    submitted = form(request, services.csrf)
    pinned = submitted.get("pinned") == "yes"
    await services.posts.pin(submitted.get("id", "")[:24], pinned=pinned)
    return done(PAGE, "post-pinned" if pinned else "post-unpinned")


async def delete(request: ApiRequest, services: AdminPagesServices) -> Response:
    """POST /admin/federation/posts/delete"""
    try:
        await services.posts.delete(form(request, services.csrf).get("id", "")[:24])
    except (NotFound, Gone):
        return done(PAGE, "gone")
    return done(PAGE, "post-deleted")


async def _page(
    request: ApiRequest, services: AdminPagesServices, result: FormResult | None = None, preview: str | None = None
) -> Response:
    start = offset(request)
    found = await services.posts.page(request.channel.id, start, ROWS)
    shown = {
        # both were sanitised when they were made
        "preview": None if preview is None else Markup(preview),  # noqa: S704
        "found": [
            (each, Markup(each.document.get("content") or ""), _published(each))  # noqa: S704
            for each in found.items
        ],
        "pinned": {each.id for each in await services.posts.pinned(request.channel.id)},
        "pager": Pager(start, found.total, {}),
        "values": dict(result.typed) if result else {},
    }
    return await page(request, services, ADMIN_PAGE, shown, result)


def _published(post: Post) -> datetime | None:
    try:
        return datetime.fromisoformat(str(post.document.get("published")))
    except ValueError:
        return None
