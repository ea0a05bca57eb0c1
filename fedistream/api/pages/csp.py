"""The Content-Security-Policy (level 3) and the other headers that every page carries."""

from collections.abc import Mapping
from enum import Enum


class Frame(Enum):
    """The sites that may show a page in a frame."""

    SELF = "'self'"
    NOBODY = "'none'"
    ANYBODY = "*"


# The only worker is the service worker for notifications: hls.js runs without one here, as fMP4 needs no transmuxing.
# blob: is where MediaSource lives.
_DIRECTIVES: Mapping[str, str] = {
    "default-src": "'self'",
    "script-src": "'self' 'nonce-{nonce}'",  # the nonce is for the import map
    "style-src": "'self' 'nonce-{nonce}'",  # and for the <style> that media-chrome writes into its shadow roots
    "img-src": "'self' data: https:",  # the streamer's description may show pictures from other sites
    "media-src": "'self' blob:",
    "connect-src": "'self'",
    "frame-src": "{framed}",
    "worker-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "{frame}",
}

# features that no page uses; a page that is framed elsewhere gets no more than this either
_PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid"),
        *("magnetometer", "microphone", "midi", "payment", "publickey-credentials-get", "serial", "usb"),
    )
)


def policy(nonce: str, frame: Frame, *, frames_others: bool = False) -> str:
    """Return the value of Content-Security-Policy. `frames_others` is of a page that shows other sites in a frame."""
    filled = {"nonce": nonce, "frame": frame.value, "framed": "'self' https:" if frames_others else "'none'"}
    return "; ".join(f"{name} {sources.format(**filled)}" for name, sources in _DIRECTIVES.items())


def headers(nonce: str, frame: Frame, *, frames_others: bool = False) -> dict[str, str]:
    """Return all headers of a page but its type and caching."""
    fixed = {
        "Content-Security-Policy": policy(nonce, frame, frames_others=frames_others),
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Permissions-Policy": _PERMISSIONS,
    }
    if frame is not Frame.ANYBODY:
        # for browsers without frame-ancestors; there is no value that means anybody
        fixed["X-Frame-Options"] = "DENY" if frame is Frame.NOBODY else "SAMEORIGIN"
    return fixed
