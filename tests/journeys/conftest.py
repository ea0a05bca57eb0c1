from tests.kit.postgres import postgres

__all__ = ["postgres"]
