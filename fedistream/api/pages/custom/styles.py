"""The style sheet that the admin writes: CSS variables, colours of the buttons for external actions, and custom styles.

The page's policy is the fence: it loads no style sheet, script or font from elsewhere, whatever is written here. Pure.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence

PATH = "/customstyles/"
HASH_LENGTH = 12  # hex digits
IMPORT = re.compile(r"@import\b[^;]*(?:;|$)", re.IGNORECASE)
HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
LIGHT_INK, DARK_INK = "#ffffff", "#000000"

# Owncast's variables that have a counterpart here, in the order in which a later one wins
ROOT: Mapping[str, Sequence[str]] = {
    "theme-color-background-main": ("--paper",),
    "theme-color-components-content-background": ("--sheet",),
    "theme-color-components-text-on-light": ("--ink",),
    "theme-text-primary": ("--ink",),
    "theme-text-secondary": ("--ink-soft",),
    "theme-color-components-form-field-border": ("--line",),
    "theme-color-action": ("--accent",),
    "theme-text-link": ("--accent",),
    "theme-color-components-primary-button-background": ("--accent",),
    "theme-color-components-primary-button-text": ("--on-accent",),
    "theme-rounded-corners": ("--round", "--round-small"),
}
CHAT: Mapping[str, Sequence[str]] = {
    "theme-color-components-chat-background": ("--sheet", "--paper"),
    "theme-color-components-chat-text": ("--ink",),
    **{f"theme-color-users-{number}": (f"--name-{number}",) for number in range(8)},
}
HEADER: Mapping[str, Sequence[str]] = {"theme-color-background-header": ("background",)}


def sheet(values: Mapping[str, object]) -> str:
    """Return the style sheet for the settings `page.*`, or "" when they are all empty."""
    given, actions, styles = (values[f"page.{name}"] for name in ("appearance", "external_actions", "custom_styles"))
    parts = [*_variables(given if isinstance(given, Mapping) else {})]
    parts += _buttons(actions if isinstance(actions, list) else [])
    if isinstance(styles, str) and styles:
        # an @import would be refused by the policy, and hold up the rest while the browser finds out
        parts.append(IMPORT.sub("", styles))
    return "\n".join(parts)


def edition(css: str) -> str:
    return hashlib.sha256(css.encode()).hexdigest()[:HASH_LENGTH]


def url(values: Mapping[str, object]) -> str:
    """Return the URL of the style sheet, "" without one. It changes with the content."""
    css = sheet(values)
    return f"{PATH}{edition(css)}.css" if css else ""


def contrast_ink(color: str) -> str:
    """Return black or white, whichever is read better on a colour in hexadecimal digits; "" for another notation.

    The contrast is that of WCAG 2.2: one of the two always has 4.5:1.
    """
    if not HEX.fullmatch(color):
        return ""
    digits = color[1:] if len(color) == 7 else "".join(digit * 2 for digit in color[1:])
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return LIGHT_INK if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else DARK_INK


def _variables(given: Mapping[str, object]) -> Iterator[str]:
    values = {name.removeprefix("--"): str(value) for name, value in given.items()}
    ours = list(_mapped(ROOT, values))
    if (ink := contrast_ink(dict(ours).get("--accent", ""))) and "--on-accent" not in dict(ours):
        ours.append(("--on-accent", ink))
    named = [(f"--{name}", value) for name, value in values.items()]
    for selector, found in (
        (":root", [*ours, *named]),
        (".chat", list(_mapped(CHAT, values))),
        (".site-header", list(_mapped(HEADER, values))),
    ):
        if found:
            yield f"{selector} {{ {' '.join(f'{name}: {value};' for name, value in found)} }}"


def _mapped(table: Mapping[str, Sequence[str]], values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((ours, values[theirs]) for theirs, names in table.items() if values.get(theirs) for ours in names)


def _buttons(actions: Sequence[object]) -> Iterator[str]:
    """Yield the colours of the buttons. A colour whose contrast is not known is shown as a border."""
    for number, action in enumerate(actions):
        color = str(action.get("color", "")) if isinstance(action, Mapping) else ""
        if not color:
            continue
        ink = contrast_ink(color)
        rule = f"background: {color}; border-color: {color}; color: {ink}" if ink else f"border-color: {color}"
        yield f'.external-action[data-action="{number}"] {{ {rule}; }}'
