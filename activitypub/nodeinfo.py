"""NodeInfo 2.0 and 2.1, x-nodeinfo2 and host-meta: the software and usage of a server, and its WebFinger template."""

from dataclasses import dataclass, field
from html import escape
from typing import Any

from activitypub import properties
from activitypub.refusal import Reason, Refused
from activitypub.strictjson import Json

SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"
VERSIONS = ("2.1", "2.0")  # best first
APPLICATION_ACTOR = "https://www.w3.org/ns/activitystreams#Application"  # FEP-2677
XRD = "application/xrd+xml"
LRDD = "lrdd"


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """The statements of our own server about itself. `software` is in lower case, as the schema demands."""

    software: str
    version: str
    repository: str | None = None
    homepage: str | None = None
    users: int = 1
    active_month: int = 1
    active_half_year: int = 1
    posts: int = 0
    open_registrations: bool = False
    title: str = ""
    contact: str = ""
    metadata: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RemoteSoftware:
    """The statements of another server about itself. Only for display and statistics: it is not verified."""

    name: str
    version: str
    users: int | None = None
    open_registrations: bool = False
    metadata: Json = field(default_factory=dict)


def write_index(origin: str, application_actor: str | None = None) -> Json:
    """Return the document at /.well-known/nodeinfo of the server at `origin` ("https://host").

    `application_actor` is the URL of its instance actor (FEP-2677).
    """
    links = [{"rel": SCHEMA + version, "href": f"{origin}/nodeinfo/{version}"} for version in reversed(VERSIONS)]
    if application_actor:
        links.append({"rel": APPLICATION_ACTOR, "href": application_actor})
    return {"links": links}


def write_document(version: str, facts: NodeInfo) -> Json:
    """Return NodeInfo "2.0" or "2.1". Raises KeyError for others. All keys are written, as FEP-f1d5 asks."""
    software: Json = {"name": facts.software, "version": facts.version}
    more = {"2.0": {}, "2.1": {"repository": facts.repository, "homepage": facts.homepage}}[version]
    return {
        "version": version,
        "software": software | {name: value for name, value in more.items() if value},
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": facts.open_registrations,
        "usage": _usage(facts),
        "metadata": facts.metadata,
    }


def media_type(version: str) -> str:
    """Return the Content-Type of a NodeInfo document, with the profile that the specification asks for."""
    return f'application/json; profile="{SCHEMA}{version}#"'


def write_nodeinfo2(origin: str, facts: NodeInfo) -> Json:
    """Return the document at /.well-known/x-nodeinfo2, version 1.0, which Owncast serves too."""
    return {
        "version": "1.0",
        "server": {"baseUrl": origin, "name": facts.title, "software": facts.software, "version": facts.version},
        "organization": {"name": facts.title, "contact": facts.contact},
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": facts.open_registrations,
        "usage": _usage(facts) | {"localComments": 0},
    }


def write_host_meta(origin: str) -> str:
    """Return /.well-known/host-meta as XRD (RFC 6415). Old Akkoma, Pleroma and snac find WebFinger by its template."""
    template = escape(f"{origin}/.well-known/webfinger?resource={{uri}}")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f"  <Subject>{escape(origin)}</Subject>\n"
        f'  <Link rel="{LRDD}" template="{template}"/>\n'
        "</XRD>\n"
    )


def write_host_meta_json(origin: str) -> Json:
    """Return /.well-known/host-meta.json, the same as JRD (RFC 6415 appendix A)."""
    template = f"{origin}/.well-known/webfinger?resource={{uri}}"
    return {"subject": origin, "links": [{"rel": LRDD, "type": "application/jrd+json", "template": template}]}


def parse_index(document: Json) -> str:
    """Return the URL of the newest NodeInfo of `VERSIONS` in another server's index. Raises Refused(SHAPE)."""
    links: dict[Any, Any] = {
        each.get("rel"): each.get("href") for each in properties.as_list(document.get("links"))[:32] if _is_link(each)
    }
    for version in VERSIONS:
        if url := properties.id_of(links.get(SCHEMA + version)):
            return url
    raise Refused(Reason.SHAPE, "no NodeInfo 2.0 or 2.1 in the index")


def parse_document(document: Json) -> RemoteSoftware:
    """Return what another server's NodeInfo says. Raises Refused(SHAPE)."""
    software = document.get("software")
    name = properties.label(software.get("name"), 100) if isinstance(software, dict) else None
    if name is None or not isinstance(software, dict):
        raise Refused(Reason.SHAPE, "NodeInfo without a software name")
    usage = document.get("usage")
    users = usage.get("users") if isinstance(usage, dict) else None
    metadata = document.get("metadata")
    return RemoteSoftware(
        name.lower(),
        properties.label(software.get("version"), 100) or "",
        properties.number(users.get("total")) if isinstance(users, dict) else None,
        document.get("openRegistrations") is True,
        # Friendica writes an empty list
        metadata if isinstance(metadata, dict) else {},
    )


def _is_link(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("rel"), str)


def _usage(facts: NodeInfo) -> Json:
    users = {"total": facts.users, "activeMonth": facts.active_month, "activeHalfyear": facts.active_half_year}
    return {"users": users, "localPosts": facts.posts}
