"""The fixtures of the admin's pages serve the pages about sign-in too."""

from tests.fedistream.api.pages.admin.conftest import admin, faces

__all__ = ["admin", "faces"]
