"""How a process is put together: command line, configuration, start and stop. Nothing outside imports it.

Begin at `node.py` (the front process) or `worker.py` (the worker process). Who acts on which fact is in `reactions.py`.
"""
