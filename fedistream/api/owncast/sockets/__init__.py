"""One socket of the chat (`../socket.py`): its incoming frames, and how a returning client catches up."""
