"""Posts to the followers: written, looked at before they are sent, pinned, and taken back."""

from datetime import datetime
from typing import Protocol

from markupsafe import Markup
from starlette.responses import Response

from fedistream.api.http.request import ApiRequest
from fedistream.api.pages.admin.context import ROWS, AdminContext, AdminPage, FormResult, Pager, done, offset, page
from fedistream.api.pages.forms import form
from fedistream.core.errors import Gone, Invalid, NotFound
from fedistream.core.ports import Channel
from fedistream.federation.posts.values import Post
from fedistream.federation.values import Page

PAGE = "/admin/federation/posts"
SHEET = AdminPage("admin/posts.html", PAGE)


class Posts(Protocol):
    async def publish(self, channel: Channel, draft: str) -> object: ...
    async def preview(self, channel: Channel, text: str) -> str: ...
    async def page(self, channel_id: int, offset: int = 0, limit: int = 20) -> Page[Post]: ...
    async def pinned(self, channel_id: int) -> tuple[Post, ...]: ...
    async def pin(self, post_id: str, *, pinned: bool) -> None: ...
    async def delete(self, post_id: str) -> None: ...


async def show(request: ApiRequest, context: AdminContext, posts: Posts) -> Response:
    """GET /admin/federation/posts"""
    return await _page(request, context, posts)


async def write(request: ApiRequest, context: AdminContext, posts: Posts) -> Response:
    """POST /admin/federation/posts: shows what the text would look like, or sends it."""
    brought = form(request, context.csrf)
    text = brought.get("text", "")
    try:
        if brought.get("do") != "send":
            made = await posts.preview(context.channels.home(), text)
            return await _page(request, context, posts, FormResult(typed={"text": text}), made)
        await posts.publish(context.channels.home(), text)
    except Invalid as error:
        return await _page(request, context, posts, FormResult({"text": error.why}, {"text": text}))
    return done(PAGE, "post-sent")


async def pin(request: ApiRequest, context: AdminContext, posts: Posts) -> Response:
    """POST /admin/federation/posts/pin"""
    brought = form(request, context.csrf)
    pinned = brought.get("pinned") == "yes"
    await posts.pin(brought.get("id", "")[:24], pinned=pinned)
    return done(PAGE, "post-pinned" if pinned else "post-unpinned")


async def delete(request: ApiRequest, context: AdminContext, posts: Posts) -> Response:
    """POST /admin/federation/posts/delete"""
    try:
        await posts.delete(form(request, context.csrf).get("id", "")[:24])
    except (NotFound, Gone):
        return done(PAGE, "gone")
    return done(PAGE, "post-deleted")


async def _page(
    request: ApiRequest,
    context: AdminContext,
    posts: Posts,
    filled: FormResult | None = None,
    preview: str | None = None,
) -> Response:
    start = offset(request)
    found = await posts.page(context.home, start, ROWS)
    shown = {
        # both were sanitised when they were made
        "preview": None if preview is None else Markup(preview),  # noqa: S704
        "found": [
            (each, Markup(each.document.get("content") or ""), _published(each))  # noqa: S704
            for each in found.items
        ],
        "pinned": {each.id for each in await posts.pinned(context.home)},
        "span": Pager(start, found.total, {}),
        "values": dict(filled.typed) if filled else {},
    }
    return await page(request, context, SHEET, shown, filled)


def _published(post: Post) -> datetime | None:
    try:
        return datetime.fromisoformat(str(post.document.get("published")))
    except ValueError:
        return None
