"""Paths that try to lead out of the folders that may be read."""
