"""Conversations that teams of people have: whose turn it is, who has which, what customers are told."""

from .desk import Desk, Opening
from .guard import Guard, Moved, Verdict
from .part import Conversing
from .roster import Serves
from .telling import Turn

__all__ = ["Conversing", "Desk", "Guard", "Moved", "Opening", "Serves", "Turn", "Verdict"]
