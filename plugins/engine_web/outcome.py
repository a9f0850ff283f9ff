"""What became of a message handed to the page: where "again", "never" and "look it up" part."""

import msgspec

from chatgrow_bot.errors import SendFailed, SendRefused, SendUnknown

from .page import SaidNo

#: Errors of wa-js that no second try will cure.
_FOR_GOOD = frozenset(
    {
        "no_account", "invalid_wid", "file_too_large", "chat_not_found",
        "can_not_send_message_to_this_groupType", "message_key_is_not_from_me", "msg_not_found", "not_ours",
        "edit_message_error",
    }
)  # fmt: skip
#: What WhatsApp Web says when it has given up on a message for a passing cause; our next try carries the same
#: id, as its own "try again" would.
_PASSING = frozenset({"ERROR_NETWORK", "ERROR_UPLOAD", "ERROR_CANCELLED", "ERROR_EXPIRED"})


class PageError(msgspec.Struct, frozen=True):
    """An error thrown in the page."""

    code: str
    message: str


class SendAnswer(msgspec.Struct, frozen=True):
    """What the bridge's `send` answers."""

    ack: int | None = None  #: of the message now; None when the page does not have it
    result: str | None = None  #: OK, or WhatsApp's word for why not, with the server's number if it gave one
    error: PageError | None = None


def not_prepared(error: SaidNo) -> SendRefused | SendFailed:
    """The page said no before anything was sent."""
    if error.code in _FOR_GOOD:
        return SendRefused(error.detail, code=error.code)
    return SendFailed(error.detail, code=error.code)


def ack_of(answer: SendAnswer, seconds: float) -> int:
    """The server's ack, at least 1. Raises SendRefused, SendFailed or SendUnknown."""
    if answer.ack is not None and answer.ack > 0:
        return min(answer.ack, 4)
    if answer.error and answer.ack is None:  # it threw before the message came to be
        raise not_prepared(SaidNo(answer.error.code, answer.error.message))
    if answer.ack is not None and answer.ack < 0:  # at 0 WhatsApp Web goes on trying by itself
        raise _given_up(answer.result or f"ack {answer.ack}")
    raise SendUnknown(f"WhatsApp's server did not confirm the message within {seconds:g} s")


def remarked(result: object) -> int:
    """The same for a reaction, an edit or a deletion, of which WhatsApp says only how it went."""
    if result == "OK":
        return 1
    raise _given_up(str(result))


def _given_up(result: str) -> SendRefused | SendFailed:
    word, _, code = result.partition(" ")
    said = f"WhatsApp answered {result}"
    if word in _PASSING and not code:
        return SendFailed(said, code=word)
    return SendRefused(said, code=code or word)
