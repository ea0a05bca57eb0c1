"""Loads Tortoise without pydantic, which it imports where another package has brought it: 6 MB for nothing of ours.

A command imports this before all else that stands on Tortoise.
"""

from activitypub.import_stubs import stubbed_imports

with stubbed_imports({"pydantic": None}):
    import tortoise.fields  # noqa: F401
