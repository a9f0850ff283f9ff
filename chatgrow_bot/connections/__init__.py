"""The WhatsApp connections, and what keeps each alive."""

from .connections import Connections

__all__ = ["Connections"]
