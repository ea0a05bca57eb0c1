"""Our actors: their documents, and the Updates that followers' servers get when a profile changes."""
