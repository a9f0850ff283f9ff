"""STOP and START: heard before anything else, and obeyed at once."""

import unicodedata

from sqlalchemy import Connection

from .messages import Inbound
from .store import consent as store

STOP = frozenset(
    {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "הסר", "הסירו", "עצור"}
)
START = frozenset({"start", "unstop", "subscribe", "התחל", "הצטרף"})


def heard(text: str) -> bool | None:
    """True when these words ask to stop, False when they ask to start again, None when they do neither.

    Only a message that says nothing else counts: "stop by tomorrow" is no opt-out.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    word = "".join(each for each in folded if each.isalnum())
    if word in STOP:
        return True
    return False if word in START else None


def obey(conn: Connection, message: Inbound, out: bool) -> bool:
    """Write down what a person said, in the transaction that stores it; whether it changed anything."""
    return store.record(conn, message.tenant, message.sender, out, f"message {message.id}", message.sent_at)
