"""Our actors: their documents, and what followers' servers are sent when a profile changes."""
