"""Channels: what people follow and watch, and the stream keys that open them."""
