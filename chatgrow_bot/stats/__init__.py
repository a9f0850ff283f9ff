"""What happened, in figures: counted from the journal while others go on: nothing waits for it."""

from .stats import Stats

__all__ = ["Stats"]
