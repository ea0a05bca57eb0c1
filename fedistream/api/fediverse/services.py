"""The services behind the face for other servers."""

from dataclasses import dataclass

from fedistream.api.pages.services import PagesServices
from fedistream.federation.actors.documents import Documents
from fedistream.federation.inbox.authorized_fetch import AuthorizedFetch
from fedistream.federation.inbox.service import Federation
from fedistream.federation.posts.quotes import Quotes
from fedistream.federation.urls import ActorUrls


@dataclass(frozen=True, slots=True)
class FediverseServices:
    """The services of this face. `pages` shows a post to browsers that open the URL of its document."""

    addresses: ActorUrls
    documents: Documents
    authorized_fetch: AuthorizedFetch
    federation: Federation
    quotes: Quotes
    pages: PagesServices
