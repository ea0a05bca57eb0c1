"""The admin's pages, a module for each noun. Every form works without a script: post, redirect, get.

May import: starlette, the services' values. Start reading at `frame.py`, which all of them share.
"""
