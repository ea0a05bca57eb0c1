"""Pictures decoded and encoded, in a child process that may crash or be killed without harm to the stream.

`stills` is this side of the pipe, `wire` what goes through it; `picture` and `__main__` are the child, and alone import
PyAV. Start reading at `stills.py`.
"""
