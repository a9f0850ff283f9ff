"""Bulk sends: a request for thousands of people is stored whole, and handed to the queue a little at a time.
So it never stands before anything else, and can be stopped at any moment."""

from .bulk import Bulk

__all__ = ["Bulk"]
