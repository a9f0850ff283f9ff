"""The hub from another program: a typed client of its REST API.

from chatgrow_bot.client import Client

async with Client("http://127.0.0.1:3000", api_key) as client:
    await client.send_message("shop", "+14155550123", "Your order is ready")
    async for event in client.events(["message.received"]):
        print(event.data["text"])
"""

from .bulk import Batch, Handed, How, Rejection, Result, To
from .client import Client
from .conversations import Conversation, ConversationDetails, Figure, HandedOff, Team, Teams
from .errors import (
    ApiError,
    ClientError,
    Conflict,
    InvalidRequest,
    NoAnswer,
    NotAllowed,
    NotFound,
    NotLoggedIn,
    NotReady,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from .figures import Health, QueueStatus, Stats
from .nouns import (
    Accepted,
    Connection,
    Contact,
    Decided,
    Event,
    PairingCode,
    QrCode,
    ReceivedMessage,
    SentMessage,
    Upload,
)
from .privacy import Erased

__all__ = [
    "Accepted",
    "ApiError",
    "Batch",
    "Client",
    "ClientError",
    "Conflict",
    "Connection",
    "Contact",
    "Conversation",
    "ConversationDetails",
    "Decided",
    "Erased",
    "Event",
    "Figure",
    "Handed",
    "HandedOff",
    "Health",
    "How",
    "InvalidRequest",
    "NoAnswer",
    "NotAllowed",
    "NotFound",
    "NotLoggedIn",
    "NotReady",
    "PairingCode",
    "QrCode",
    "QueueStatus",
    "RateLimited",
    "ReceivedMessage",
    "Rejection",
    "Result",
    "SentMessage",
    "Stats",
    "Team",
    "Teams",
    "To",
    "Unavailable",
    "UnexpectedAnswer",
    "Unreachable",
    "Upload",
]
