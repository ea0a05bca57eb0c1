"""The ActivityPub object of a page: the actor of its channel, or the post that announces its broadcast.

People paste the address of a page into the search of their server. Mastodon, GoToSocial and Misskey ask for it with
the Accept of ActivityPub and take the document, whatever its id, as they do with Mastodon's own pages; Mastodon and
others also follow rel="alternate". A redirect would fail where requests must be signed: the signature is for the
address that was pasted.
"""

from dataclasses import dataclass

from starlette.responses import Response

from fedistream.api.fediverse.negotiation import wants_document
from fedistream.api.fediverse.responses import document
from fedistream.api.fediverse.signed import admit
from fedistream.api.http.request import ApiRequest
from fedistream.core.errors import Refusal
from fedistream.core.ports import Channel
from fedistream.federation.actors.documents import Documents
from fedistream.federation.inbox.authorized_fetch import AuthorizedFetch
from fedistream.federation.posts.service import Posts
from fedistream.federation.urls import ActorUrls
from fedistream.notices.service import Notices


@dataclass(frozen=True, slots=True)
class Counterpart:
    """`document` is the URL of an actor or post, `creator` the channel as "@name@host"."""

    document: str
    creator: str
    post_id: str = ""


class AlternateLinks:
    def __init__(
        self,
        addresses: ActorUrls,
        documents: Documents,
        authorized_fetch: AuthorizedFetch,
        posts: Posts,
        notices: Notices,
    ) -> None:
        self._addresses, self._documents, self._authorized_fetch = addresses, documents, authorized_fetch
        self._posts, self._notices = posts, notices

    async def of(self, channel: Channel, broadcast_id: int | None = None) -> Counterpart | None:
        """Return the counterpart of a page, None while federation is off."""
        if not self._addresses.on:
            return None
        site, name = self._addresses.site(), self._addresses.name(channel)
        creator = f"@{name}@{site.authority}"
        post_id = await self._post(broadcast_id)
        return Counterpart(site.post(post_id) if post_id else site.actor(name), creator, post_id)

    async def answer(self, request: ApiRequest, channel: Channel, broadcast_id: int | None = None) -> Response | None:
        """Return the document for a request that prefers it to the page. Raises Unsigned, NotAllowed."""
        if not self._addresses.on or not wants_document(request.http.headers):
            return None
        await admit(request, self._addresses, self._authorized_fetch)
        post_id = await self._post(broadcast_id)
        found = await (self._documents.post(post_id) if post_id else self._documents.actor(channel))
        return document(request, found, self._authorized_fetch)

    async def _post(self, broadcast_id: int | None) -> str:
        """Return the id of the broadcast's post, if everybody may read it."""
        post_id = await self._notices.post_of(broadcast_id) if broadcast_id is not None else ""
        if not post_id:
            return ""
        try:
            await self._posts.get(post_id)
        except Refusal:
            return ""
        return post_id


def varied(page: Response) -> Response:
    """Add `Vary: Accept` to a page that has a document."""
    page.headers.add_vary_header("Accept")
    return page
