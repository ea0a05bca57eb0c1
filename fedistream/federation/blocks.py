"""Whom the node does not want to hear: domains with all under them, and single actors. In memory, asked often."""

from collections.abc import Iterable

from activitypub.urls import BadUrl, parse_url


class Blocks:
    def __init__(self) -> None:
        self._domains: frozenset[str] = frozenset()
        self._actors: set[str] = set()

    def set_domains(self, domains: Iterable[str]) -> None:
        self._domains = frozenset(domain.lower() for domain in domains)

    def block(self, actors: Iterable[str]) -> None:
        self._actors.update(actors)

    def unblock(self, actor: str) -> None:
        self._actors.discard(actor)

    def __contains__(self, url: str) -> bool:
        """Whether this actor, or the host of this URL or any domain above it, is blocked. What is no URL is not."""
        if url in self._actors:
            return True
        try:
            host = parse_url(url).host
        except BadUrl:
            return False
        labels = host.split(".")
        return any(".".join(labels[n:]) in self._domains for n in range(len(labels)))
