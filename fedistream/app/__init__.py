"""The composition of a process: command line, configuration, start and stop. No other package imports it.

Begin at `node.py` (the front process) or `worker.py` (the worker process). All reactions to facts are in
`reactions.py`.
"""
