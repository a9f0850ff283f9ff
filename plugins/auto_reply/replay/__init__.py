"""Replays chats that took place through the rules: `chatgrow replay`."""

from .cli import replay_command

__all__ = ["replay_command"]
