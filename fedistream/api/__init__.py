"""Thin faces over HTTP, a folder per outsider. A face knows services and their values, never a model."""
