"""RTMP (Adobe's specification 1.0): a sans-I/O core and two asyncio shells.

`handshake`, `chunks`, `amf0`, `messages` and `session` turn bytes into events and back; `server` and `client` own the
sockets. Start reading at `session.py`.
"""
