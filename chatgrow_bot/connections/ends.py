"""What each state asks for: which end a session until a person acts, which a person is told of, and with
which words. All others are passed through, or tried again, by themselves."""

from collections.abc import Mapping

from ..messages import ConnectionState as State

#: The session is closed, and nothing more happens until somebody asks for it.
ENDS = frozenset({State.LOGGED_OUT, State.DISCONNECTED, State.BANNED, State.PASSKEY_REQUIRED, State.FAILED})

#: Of these, what WhatsApp has said: as true after a restart of the hub as before it, and a browser that is
#: opened upon it does harm or nothing. What the machine or the network did may be over by then.
LASTING = frozenset({State.LOGGED_OUT, State.BANNED, State.PASSKEY_REQUIRED})

#: Whoever is linked after these is linked anew.
UNLINKED = frozenset({State.LOGGED_OUT, State.BANNED})

#: Told once when they are entered, with what to do.
ALERTS: Mapping[State, str] = {
    State.ACTION_REQUIRED: "Look at the connection's picture and do what the page asks for, on the phone or "
    "in a visible browser; it goes on by itself after that.",
    State.PASSKEY_REQUIRED: "Link it in a visible browser, then reconnect it.",
    State.BANNED: "Ask for a review in the phone's app; then link it again, or another account.",
    State.LOGGED_OUT: "Reconnect it and scan the new QR code; what waits is kept until then.",
    State.DISCONNECTED: "Put right what the reason names, then reconnect it.",
    State.FAILED: "Put right what the reason names, then reconnect it.",
}

#: A page passes through these by itself, within so many seconds; one that does not is looked at by a person.
PASSING = frozenset({State.STARTING, State.AUTHENTICATING, State.SYNCING, State.RECONNECTING})
STUCK_AFTER = 300.0
