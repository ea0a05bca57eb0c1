"""The admin page of the health of the node, with its charts."""
