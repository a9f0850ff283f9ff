"""One family of errors. A class's docstring is the message, and it ends with the next step, so that whoever
meets the error (on a console, in a log, in an API answer) knows what to do."""

import errno
import inspect
from typing import ClassVar


class ChatgrowError(Exception):
    """Something went wrong inside ChatGrow Bot. See logs/error.log."""

    #: A short, stable name for programs and headings.
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str = "", **facts: object) -> None:
        self.detail = detail
        self.facts = facts
        super().__init__(detail)

    def __str__(self) -> str:
        if not self.detail:
            return self.advice()
        stop = "" if self.detail.endswith((".", "?", "!")) else "."
        return f"{self.detail}{stop} {self.advice()}"

    @classmethod
    def advice(cls) -> str:
        """What to do next, without a word of what happened."""
        return " ".join(inspect.cleandoc(cls.__doc__ or "").split())


class BadInput(ChatgrowError):
    """Correct the value and try again."""

    title = "Invalid request"


class InvalidPhoneNumber(BadInput):
    """Write the number in international form, for example +14155550123."""

    title = "Invalid phone number"


class MediaRefused(BadInput):
    """Send a file inside the allowed folders, a reachable https URL, an uploadId or base64 data."""

    title = "Media refused"


class FileTooLarge(MediaRefused):
    """Send a smaller file; GET /api/usage shows what your plan allows."""

    title = "File too large"


class UrlRefused(BadInput):
    """Use a public https address; the operator can allow others by listing their host."""

    title = "URL refused"


class UrlUnreachable(BadInput):
    """Check the address and that its server is up, then try again."""

    title = "URL unreachable"


class ConfigError(ChatgrowError):
    """Correct the configuration and run `chatgrow check`."""

    title = "Invalid configuration"


class NotFound(ChatgrowError):
    """Check the id; lists show what exists."""

    title = "Not found"


class ConnectionNotFound(NotFound):
    """GET /api/whatsapp/connections lists the connections you own."""

    title = "Connection not found"


class MessageNotFound(NotFound):
    """Use the messageId that the send request answered."""

    title = "Message not found"


class ConversationNotFound(NotFound):
    """GET /api/whatsapp/conversations lists your conversations."""

    title = "Conversation not found"


class Conflict(ChatgrowError):
    """It already exists; choose another id, or change the one there is."""

    title = "Conflict"


class TooLate(Conflict):
    """Once it has left, delete it for everyone instead."""


class TooOld(Conflict):
    """Send it anew, or give it up by taking it back."""


class NotHeld(Conflict):
    """GET /api/whatsapp/messages/held lists those that wait for a person."""


class OptedOut(Conflict):
    """He gets messages again once he writes START to you."""

    title = "Opted out"


class BatchNotFound(NotFound):
    """GET /api/whatsapp/bulk lists the bulk sends you asked for."""

    title = "Bulk send not found"


class NothingAccepted(BadInput):
    """Correct the rows and ask again; nothing was stored."""


class BatchEnded(Conflict):
    """GET its results for what became of each row, and ask for the rest anew."""


class IdempotencyMismatch(ChatgrowError):
    """Use a new key for a new message; the same key repeats the same request."""

    title = "Idempotency key reused"


class ConnectionNotReady(ChatgrowError):
    """GET the connection for its state and the reason: one that waits is linked by scanning its QR code, one
    that was unlinked or has given up starts again by POST .../reconnect."""

    title = "Connection not ready"


class ConnectionStarting(ConnectionNotReady):
    """The connection is starting; the code that links it comes in a moment: ask again."""


class RateLimitExceeded(ChatgrowError):
    """Wait for the limit to renew, or move to a larger plan."""

    title = "Rate limit exceeded"


class NotAllowed(ChatgrowError):
    """Ask an admin for the role this needs."""

    title = "Not allowed"


class BulkNotAllowed(NotAllowed):
    """Ask an admin to move you to a plan that has them; GET /api/usage shows yours."""


class KeyNotAllowed(NotAllowed):
    """Make a key with the scopes that this needs, or log in."""


class NotLoggedIn(ChatgrowError):
    """Log in at POST /api/auth/login and send the token as `Authorization: Bearer <token>`."""

    title = "Not logged in"


class StoreUnavailable(ChatgrowError):
    """Nothing accepted before is lost. Free disk space or check the database, then try again."""

    title = "Storage unavailable"


class StoreFull(StoreUnavailable):
    """Nothing accepted before is lost, and all of it can be read. Free disk space; it goes on by itself."""

    title = "Storage full"


def of_disk(error: OSError, detail: str) -> StoreUnavailable:
    """What the disk answered, as whoever wanted something kept should know it."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return StoreFull(detail) if full else StoreUnavailable(detail)


class StoreDamaged(StoreUnavailable):
    """Stop the hub and restore a copy: chatgrow restore FILE. Copies lie in `backups.folder`."""

    title = "Storage damaged"


class HeldByAnother(ChatgrowError):
    """Another ChatGrow Bot works in this folder. Stop that one first, or give this one another folder."""

    title = "Already running"


class EngineError(ChatgrowError):
    """The way to WhatsApp failed. The connection's state says what to do; it is tried again by itself."""

    title = "Engine error"


class CannotStart(EngineError):
    """It is not tried again by itself: put right what the reason names, then reconnect the connection."""

    title = "Engine cannot start"


class SendRefused(EngineError):
    """WhatsApp refused this message for good; it was not sent and is not tried again."""

    title = "Message refused"


class SendFailed(EngineError):
    """The message certainly was not sent, for a passing cause; it is tried again by itself."""

    title = "Message not sent"


class SendUnknown(EngineError):
    """It is not known whether the message left; it is looked up by its id before anything else is done."""

    title = "Outcome unknown"


class MediaGone(EngineError):
    """WhatsApp has this file no more; ask its sender to send it again."""

    title = "Media gone"


class PluginError(ChatgrowError):
    """Correct or remove the plugin in chatgrow.yaml; the others keep running."""

    title = "Plugin error"


class ReceiverDown(ChatgrowError):
    """The fact waits and is told again by itself; bring the receiver back."""

    title = "Receiver down"

    def __init__(self, seconds: float, detail: str = "") -> None:
        self.seconds = seconds  #: how long to wait before the fact is told again
        super().__init__(detail)
