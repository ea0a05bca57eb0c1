"""The face for other servers of the fediverse: discovery, actors and their collections, the inboxes."""
