"""Calls plugins, and keeps what they do wrong to themselves."""

from .hooks import Answered, Hooks, Limits

__all__ = ["Answered", "Hooks", "Limits"]
