"""Short names for browsers and programs, from their user agent. Only for display."""

import re

# the first that fits: every browser names those that it descends from
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows")),
    *(("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)
PRODUCT = re.compile(r"[\w.-]{1,40}")
MAX_SHOWN = 60


def program(user_agent: str) -> str:
    """Return the name of a browser with its system, or the first product that another program names; "" for none."""
    if not user_agent.startswith("Mozilla/"):
        product = PRODUCT.match(user_agent)
        return product[0] if product else ""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return f"{browser} · {system}" if browser and system else browser or system or user_agent[:MAX_SHOWN]
