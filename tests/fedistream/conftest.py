"""Fixtures for the tests of the node: databases of both kinds."""

from tests.kit.database import database, database_url, postgres_template, server
from tests.kit.postgres import postgres

__all__ = ["database", "database_url", "postgres", "postgres_template", "server"]
