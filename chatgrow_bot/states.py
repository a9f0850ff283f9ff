"""The closed sets of words: what a message carries, where it is, where a connection is."""

from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """What a message carries."""

    TEXT = "text"  #: words only
    IMAGE = "image"  #: a picture, with or without a caption
    VIDEO = "video"  #: a film, with or without a caption
    AUDIO = "audio"  #: a sound file
    VOICE = "voice"  #: spoken into the phone: Ogg with Opus
    STICKER = "sticker"  #: a small WebP picture
    DOCUMENT = "document"  #: any file, sent as a file
    LOCATION = "location"  #: a place
    CONTACT = "contact"  #: one or more people and their numbers
    POLL = "poll"  #: a question with options to choose from
    VOTE = "vote"  #: somebody's choice in a poll, the whole of it each time
    REACTION = "reaction"  #: an emoji on an earlier message
    EDIT = "edit"  #: new words for an earlier message
    DELETION = "deletion"  #: an earlier message taken back for everyone
    OTHER = "other"  #: something this version receives but does not open


class Priority(IntEnum):
    """Which of the waiting messages goes first; a lower number is sooner."""

    HIGH = 0  #: before all others of its lane
    NORMAL = 1  #: the default
    LOW = 2  #: bulk and whatever can wait


class Lane(StrEnum):
    """A queue of its own within a connection, with its own pace."""

    REPLY = "reply"  #: answers to somebody who has just written: seconds
    SEND = "send"  #: everything else: the human pace


class State(StrEnum):
    """Where an outgoing message is."""

    QUEUED = "queued"  #: stored, waits for its turn
    CLAIMED = "claimed"  #: taken by a worker, not yet handed to the engine
    SENDING = "sending"  #: intent committed, the engine is at work
    RETRY = "retry"  #: certainly not sent, for a passing cause; waits for its next try
    UNKNOWN = "unknown"  #: may or may not have left; looked up by id before anything else
    SENT = "sent"  #: WhatsApp's server has it
    DELIVERED = "delivered"  #: the phone has it
    READ = "read"  #: a person has seen it
    FAILED = "failed"  #: certainly not sent, for good
    CANCELLED = "cancelled"  #: taken back before it left
    EXPIRED = "expired"  #: its time to live ended before it left
    QUARANTINED = "quarantined"  #: a person decides


class ConnectionState(StrEnum):
    """Where a connection is."""

    CREATED = "created"  #: known, never started
    STARTING = "starting"  #: the engine is opening
    QR = "qr"  #: waits for its QR code to be scanned
    PAIRING_CODE = "pairing_code"  #: waits for its pairing code to be typed on the phone
    AUTHENTICATING = "authenticating"  #: scanned, WhatsApp is logging it in
    SYNCING = "syncing"  #: logged in, fetching what it missed
    ONLINE = "online"  #: sends and receives
    RECONNECTING = "reconnecting"  #: lost, tried again by itself
    DISCONNECTED = "disconnected"  #: gave up or was told to stop; reconnect starts it again
    LOGGED_OUT = "logged_out"  #: unlinked on the phone; link it again
    PASSKEY_REQUIRED = "passkey_required"  #: WhatsApp asks for a passkey, which needs a visible browser
    ACTION_REQUIRED = "action_required"  #: a person must look
    BANNED = "banned"  #: WhatsApp closed the account
    FAILED = "failed"  #: cannot start; the reason says why


#: Kinds that are a file.
FILES = frozenset({Kind.IMAGE, Kind.VIDEO, Kind.AUDIO, Kind.VOICE, Kind.STICKER, Kind.DOCUMENT})
#: Kinds that only remark on an earlier message: nobody expects an answer, and a repeat does no harm.
REMARKS = frozenset({Kind.REACTION, Kind.EDIT, Kind.DELETION})
#: A row in one of these holds its chat: nothing overtakes it.
HOLDS_CHAT = (State.CLAIMED, State.SENDING, State.UNKNOWN, State.RETRY)
#: A row in one of these may still be taken back.
WAITING = (State.QUEUED, State.RETRY)
#: A row in one of these is not known to be with WhatsApp, and may yet leave.
UNSENT = (*WAITING, State.CLAIMED, State.SENDING, State.UNKNOWN, State.QUARANTINED)
#: WhatsApp never had a row that ended in one of these.
NEVER_LEFT = (State.FAILED, State.CANCELLED, State.EXPIRED)


class ConversationState(StrEnum):
    """Where a conversation is that was handed to a team. Before it is opened, and once it is closed, the bot
    answers."""

    WAITING = "waiting"  #: for somebody of the team
    AGENT = "agent"  #: a person talks with the customer
    CLOSED = "closed"  #: it is over


class ConversationEvent(StrEnum):
    """What happened in a conversation."""

    OPENED = "opened"  #: handed to a team
    GIVEN = "given"  #: to an agent, by the team's way of giving
    TAKEN = "taken"  #: by an agent himself
    TRANSFERRED = "transferred"  #: to another team or agent
    RELEASED = "released"  #: back to its team
    ESCALATED = "escalated"  #: nobody answered in time
    ANSWERED = "answered"  #: an agent wrote to the customer for the first time
    NOTED = "noted"  #: an agent wrote something down
    CLOSED = "closed"  #: it is over
    RATED = "rated"  #: the customer said how it was
