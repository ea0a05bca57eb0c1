"""Rendering of templates to responses: the Jinja environment, the nonce and the headers."""

import base64
from collections.abc import Callable, Mapping
from gettext import NullTranslations
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from fedistream import __version__
from fedistream.api.pages.csp import Frame, headers
from fedistream.api.pages.static import Static

NONCE_BYTES = 16  # CSP level 3 section 2.3.1: at least 128 bits
LANGUAGE = "en"
MODULES = {"hls.js": "vendor/hls.light.js", "media-chrome": "vendor/media-chrome.js"}  # imported by these names


class Pages:
    """Renders templates. `chance(n)` gives n random bytes."""

    def __init__(
        self,
        folder: Path,
        static: Static,
        chance: Callable[[int], bytes],
        translations: NullTranslations | None = None,
    ) -> None:
        self._chance = chance
        self.static = static
        self.translations = translations or NullTranslations()
        self.language = LANGUAGE
        self._jinja = Environment(
            loader=FileSystemLoader(folder),
            extensions=["jinja2.ext.i18n"],
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._jinja.install_gettext_translations(self.translations, newstyle=True)  # type: ignore[attr-defined]
        # without the vendored files a checkout serves everything but the player, and the page says so
        import_map = {name: static.url(file) for name, file in MODULES.items() if file in static}
        self._jinja.globals.update(static=static.url, bundle=static.bundle, import_map=import_map)
        self._jinja.globals.update(lang=self.language, version=__version__)

    def url(self, name: str) -> str:
        """Return the URL of a static file, "" for a vendored one that this checkout does not have."""
        return self.static.url(name) if name in self.static else ""

    def text(self, template: str, values: Mapping[str, object]) -> str:
        return self._jinja.get_template(template).render(values)

    def page(
        self,
        template: str,
        values: Mapping[str, object],
        *,
        frame: Frame = Frame.SELF,
        status: int = 200,
        cache: str = "no-cache",
        frames_others: bool = False,
    ) -> Response:
        """Return a whole page with its own nonce. `frames_others` lets it show pages of other sites in a frame."""
        nonce = self._nonce()
        body = self.text(template, {**values, "nonce": nonce})
        return HTMLResponse(
            body, status, {**headers(nonce, frame, frames_others=frames_others), "Cache-Control": cache}
        )

    def headers(self, frame: Frame) -> Mapping[str, str]:
        """Return the headers of a page that was rendered before. It has no inline scripts, so it uses no nonce."""
        return headers(self._nonce(), frame)

    def _nonce(self) -> str:
        return base64.b64encode(self._chance(NONCE_BYTES)).decode()
