"""Requests to other servers: signatures, redirects, limits, and the addresses that may be reached.

`fetch` gets documents and `deliver` sends activities. Both work over the port in `transport`; `http_client` is its
implementation, and the only module that imports aiohttp.
"""
