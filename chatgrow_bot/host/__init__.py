"""Finds, starts and stops plugins."""

from .host import Host

__all__ = ["Host"]
