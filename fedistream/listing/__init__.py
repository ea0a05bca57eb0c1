"""The entry of this node in a directory of streams, which the operator names: registered, and renewed while live."""
