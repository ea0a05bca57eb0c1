"""What leaves over the network: signed requests, their redirects and limits, and whom they may reach.

`fetch` gets documents and `deliver` sends activities. Both work over the port in `transport`; `http_client` is its
implementation, and the only module that imports aiohttp.
"""
