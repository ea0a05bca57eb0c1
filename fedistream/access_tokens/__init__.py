"""Integrations: programs that act in the chat or for the admin, each by an access token."""
