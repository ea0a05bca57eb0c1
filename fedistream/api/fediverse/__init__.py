"""The node to other servers of the fediverse: discovery, actors and their collections, the inboxes."""
