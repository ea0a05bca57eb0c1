"""The HTTP API that Owncast's clients speak, about the home channel."""
