"""What goes on over one socket of the chat (`../socket.py`): what comes in, and how somebody catches up."""
