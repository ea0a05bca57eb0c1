"""The media proxy: serves remote images, such as avatars, from this node.

Start reading at `signed_paths.py` (the addresses), then `service.py` (fetching and storing).
"""
