"""The way in, from the page to the answer."""

from .inbox import Inbox

__all__ = ["Inbox"]
