"""The revisions of the tables, one file each in `versions/`, in the order of their numbers.

`alembic revision --autogenerate -m "..."` against PostgreSQL writes the next one: SQLite hides some differences.
"""
