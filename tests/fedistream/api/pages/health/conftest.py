"""The admin who looks at the page."""

from tests.fedistream.api.pages.admin.conftest import admin, faces

__all__ = ["admin", "faces"]
