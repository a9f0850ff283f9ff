"""Reads chats that WhatsApp exported: a .txt, or the zip it comes in."""

from .nouns import Chat, Entry
from .reading import read_chat

__all__ = ["Chat", "Entry", "read_chat"]
