"""Web sockets for every face: one frame for many sockets (`broadcaster.py`) over the server's protocol."""
