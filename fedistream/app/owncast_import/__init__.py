"""Takes an Owncast server over: its data folder is read, and what is in it becomes rows and files of this node.

Begin at `command.py`, then `transfer.py`, which has the order. `folder.py` copies and checks the source, `gob.py`
decodes its settings; `settings.py`, `chat.py`, `federation.py` and `files.py` each turn one part of it into ours.
"""
