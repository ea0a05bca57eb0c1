"""Pictures from elsewhere, as this node shows them: faces of people on other servers, most of all.

Begin with `paths.py` (the addresses), then `service.py` (fetching and keeping).
"""
