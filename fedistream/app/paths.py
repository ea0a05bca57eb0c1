"""The folders of the node's own files: beside the package in a checkout, inside it once installed. Not its data."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def _inside_or_beside(name: str) -> Path:
    # inside first: in site-packages another project's "templates" may be beside the package
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


TEMPLATES = _inside_or_beside("templates")
"""The Jinja2 pages and partials."""

STATIC = PACKAGE / "static"
"""Our own CSS and ES modules; `vendor/` in it is filled by the build hook."""

VENDOR = STATIC / "vendor"
"""hls.light.js, media-chrome.js, and a licence for each."""
