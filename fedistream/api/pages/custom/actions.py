"""The buttons on the watch page that open another page, or some HTML of the admin's. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

PATH = "/externalactions/"
HASH_LENGTH = 16  # hex digits
# an origin of its own for the admin's HTML, wherever it is opened: its scripts cannot act in a visitor's name
HTML_POLICY = (
    "sandbox allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'; "
    "object-src 'none'; base-uri 'none'"
)
SANDBOX = "allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox"
# another site keeps its own origin, without which most log nobody in; ours must not be the frame's
SANDBOX_ELSEWHERE = f"{SANDBOX} allow-same-origin"


@dataclass(frozen=True, slots=True)
class Action:
    """One button. `framed` is opened in a dialog, with `sandbox` on its frame; the others get a tab."""

    number: int
    title: str
    description: str
    icon: str
    url: str
    framed: bool
    sandbox: str


def actions(value: object) -> tuple[Action, ...]:
    """Return the buttons of the setting `page.external_actions`."""
    given = value if isinstance(value, list) else []
    return tuple(_action(number, each) for number, each in enumerate(given) if isinstance(each, Mapping))


def mark(html: str) -> str:
    return hashlib.sha256(html.encode()).hexdigest()[:HASH_LENGTH]


def html_of(value: object, wanted: str) -> str | None:
    """Return the HTML of the action with this mark, or None."""
    given = value if isinstance(value, list) else []
    texts = (str(each.get("html", "")) for each in given if isinstance(each, Mapping))
    return next((html for html in texts if html and mark(html) == wanted), None)


def _action(number: int, given: Mapping[str, object]) -> Action:
    url, html = str(given.get("url", "")), str(given.get("html", ""))
    if html:
        target, sandbox = f"{PATH}{mark(html)}", SANDBOX
    else:
        target, sandbox = url, SANDBOX_ELSEWHERE if url.startswith("https://") else SANDBOX
    # a page with https frames none of http, and HTML has no other place to go
    framed = bool(html) or (not given.get("openExternally") and not url.startswith("http://"))
    title, description, icon = (str(given.get(name, "")) for name in ("title", "description", "icon"))
    return Action(number, title, description, icon, target, framed, sandbox)
