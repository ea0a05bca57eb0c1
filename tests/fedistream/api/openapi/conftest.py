"""The studio and the Chromium of the pages' tests."""

from tests.fedistream.api.pages.conftest import chromium, studio, url

__all__ = ["chromium", "studio", "url"]
