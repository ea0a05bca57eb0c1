"""The blocked domains (with their subdomains) and blocked actors, by URL or by handle. In memory, because every request
is checked.

With a setting the list is an allow list: only the admin's domains are accepted.
"""

from collections.abc import Iterable

from activitypub.actor import Actor
from activitypub.urls import BadUrl, authority, parse_url
from fedistream.core.ports import SettingsReader

NAMES = frozenset(
    {
        *("federation.blocked_domains", "federation.blocked_accounts"),
        *("federation.known_domains", "federation.known_only"),
    }
)
"""The settings that this module reads."""
MAX_NAMED = 20_000  # actors blocked by handle, up to 2 kB each; twice the largest number of handles


class Blocks:
    def __init__(self) -> None:
        self._domains: frozenset[str] = frozenset()
        self._only: frozenset[str] | None = None
        self._actors: set[str] = set()
        self._named: set[str] = set()
        self._accounts: frozenset[str] = frozenset()

    @property
    def accounts(self) -> frozenset[str]:
        """Return the blocked handles, user@host in lower case. `names` finds the actor of a handle when its first
        request arrives."""
        return self._accounts

    def names(self, actor: Actor) -> bool:
        """Return whether an actor's handle is blocked, with its URL's host or the host that it claims."""
        own = f"{actor.username}@{authority(actor.id)}".lower()
        return own in self._accounts or (actor.webfinger or "").lower().removeprefix("@") in self._accounts

    def read(self, settings: SettingsReader) -> None:
        """Read the admin's settings."""
        self.set_domains(settings.value("federation.blocked_domains"))
        accounts = frozenset(settings.value("federation.blocked_accounts"))
        if accounts != self._accounts:
            # some may be unblocked now; the others are found again
            self._accounts, self._named = accounts, set()
        only = settings.value("federation.known_only")
        self._only = frozenset(settings.value("federation.known_domains")) if only else None

    def set_domains(self, domains: Iterable[str]) -> None:
        self._domains = frozenset(domain.lower() for domain in domains)

    def set_actors(self, actors: Iterable[str]) -> None:
        self._actors = set(actors)

    def block(self, actors: Iterable[str]) -> None:
        self._actors.update(actors)

    def set_named(self, actors: Iterable[str]) -> None:
        """Replace the actors that are known to be blocked by their handles."""
        self._named = set(actors)

    def block_named(self, actor: str) -> None:
        """Block an actor by its handle.

        Any actor can claim a blocked handle, so the number kept is bounded; beyond it, an actor is checked again at
        each request.
        """
        if len(self._named) < MAX_NAMED:
            self._named.add(actor)

    def unblock(self, actor: str) -> None:
        self._actors.discard(actor)

    def __contains__(self, url: str) -> bool:
        """Return whether this actor, or the URL's host or a parent domain, is blocked. Text that is not a URL is not
        blocked."""
        return url in self._actors or url in self._named or self.is_from_blocked(url)

    def is_from_blocked(self, url: str) -> bool:
        """Return whether the host of this URL is blocked, whatever holds for the actor."""
        try:
            host = parse_url(url).host
        except BadUrl:
            return False
        return within(host, self._domains) or (self._only is not None and not within(host, self._only))


def within(host: str, domains: frozenset[str]) -> bool:
    """Return whether the host is one of these domains or a subdomain of one."""
    labels = host.split(".")
    return any(".".join(labels[n:]) in domains for n in range(len(labels)))
