"""Users and their tokens."""

from .accounts import Accounts

__all__ = ["Accounts"]
