"""Integrations: programs that use the chat or the admin API, each with an access token."""
