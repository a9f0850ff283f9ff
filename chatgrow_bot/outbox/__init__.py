"""The way out: taking messages in, sending them at their pace, and never guessing what became of one."""

from .outbox import Outbox

__all__ = ["Outbox"]
