"""The HTTP server: deny by default; routes come from plugins."""

from .listening import Bounds, serve
from .server import create_app

__all__ = ["Bounds", "create_app", "serve"]
