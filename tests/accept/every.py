"""Every acceptance check there is, in order."""

from .checks import Check

CHECKS: tuple[Check, ...] = ()
