"""The node: what a Fedistream installation does, feature by feature.

`node.py` builds everything and is imported by nobody but `cli.py`; `reactions.py` says who acts on which fact.
"""

__version__ = "0.1.0"
