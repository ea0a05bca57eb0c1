"""Whom the node does not want to hear: domains with all under them, and single actors, by URL or by handle. In memory,
asked often.

By a setting it is the other way round, and only the domains that the admin knows are heard.
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
"""The settings that are read here."""
MAX_NAMED = 20_000  # actors blocked by handle, of at most 2 kB each; as many as there may be handles, twice


class Blocks:
    def __init__(self) -> None:
        self._domains: frozenset[str] = frozenset()
        self._only: frozenset[str] | None = None
        self._actors: set[str] = set()
        self._named: set[str] = set()
        self._accounts: frozenset[str] = frozenset()

    @property
    def accounts(self) -> frozenset[str]:
        """Handles of people who are blocked, user@host in small letters. Who of them is not known yet is found by
        `names` when he comes."""
        return self._accounts

    def names(self, actor: Actor) -> bool:
        """Whether an actor is blocked by its handle, the one of its host or the one that it says it has."""
        own = f"{actor.username}@{authority(actor.id)}".lower()
        return own in self._accounts or (actor.webfinger or "").lower().removeprefix("@") in self._accounts

    def read(self, settings: SettingsReader) -> None:
        """Take over what the admin has set."""
        self.set_domains(settings.value("federation.blocked_domains"))
        accounts = frozenset(settings.value("federation.blocked_accounts"))
        if accounts != self._accounts:
            # some may be let in again; the others are found out anew
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
        """Take over the actors that are known to be blocked by their handles."""
        self._named = set(actors)

    def block_named(self, actor: str) -> None:
        """Block an actor by its handle. Anybody can say that a handle is theirs: of too many, the last ones are found
        out anew each time that they come."""
        if len(self._named) < MAX_NAMED:
            self._named.add(actor)

    def unblock(self, actor: str) -> None:
        self._actors.discard(actor)

    def __contains__(self, url: str) -> bool:
        """Whether this actor, or the host of this URL or any domain above it, is blocked. What is no URL is not."""
        return url in self._actors or url in self._named or self.is_from_blocked(url)

    def is_from_blocked(self, url: str) -> bool:
        """Whether it is for its host, whatever is said of the actor."""
        try:
            host = parse_url(url).host
        except BadUrl:
            return False
        return within(host, self._domains) or (self._only is not None and not within(host, self._only))


def within(host: str, domains: frozenset[str]) -> bool:
    """Whether the host is one of these domains, or below one."""
    labels = host.split(".")
    return any(".".join(labels[n:]) in domains for n in range(len(labels)))
