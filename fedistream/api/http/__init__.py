"""HTTP for every face: endpoints and who may call them, limits of requests, of logins and of connections, compression.

Begin at `endpoints.py`; how all faces become one application is in `application.py`.
"""
