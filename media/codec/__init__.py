"""Pictures decoded and encoded, in a child process that may crash or be killed without harm to the stream.

`thumbnails` is this side of the pipe, `request` what goes through it; `picture` and `__main__` are the child, and alone
import PyAV. Start reading at `thumbnails.py`.
"""
