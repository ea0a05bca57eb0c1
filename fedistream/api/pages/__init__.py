"""The pages for browsers: watch, embedded player, admin, errors, and the static files they are made of.

May import: starlette, jinja2, the services' values. Start reading at routes.py.
"""
