"""The HTTP server: deny by default; routes come from plugins."""

from .server import create_app, serve

__all__ = ["create_app", "serve"]
