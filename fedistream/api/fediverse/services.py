"""The services behind what other servers of the fediverse ask for."""

from dataclasses import dataclass

from fedistream.api.pages.services import PagesServices
from fedistream.federation.actors.documents import Documents
from fedistream.federation.inbox.authorized_fetch import AuthorizedFetch
from fedistream.federation.inbox.service import Federation
from fedistream.federation.posts.quotes import Quotes
from fedistream.federation.urls import ActorUrls


@dataclass(frozen=True, slots=True)
class FediverseServices:
    """`pages` shows posts to browsers that come by the address of the document."""

    addresses: ActorUrls
    documents: Documents
    authorized_fetch: AuthorizedFetch
    federation: Federation
    quotes: Quotes
    pages: PagesServices
