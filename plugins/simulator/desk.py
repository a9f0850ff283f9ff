"""What all verbs stand on: the simulated servers, and the people and messages that a verb names."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any, TypedDict

from .circles import Circles
from .contents import Content, Message, as_json
from .exchange import Exchange
from .media import MediaStore
from .nouns import SimulatorError, is_group, number_of
from .page_session import PageSession
from .remarks import Remarks

Json = dict[str, Any]


class Envelope(TypedDict, total=False):
    """What any message may carry beside its content."""

    #: the seq of the message that it answers
    quote: int | None
    #: numbers of people it names
    mentions: list[str]
    forwarded: bool
    #: linked browsers cannot decrypt it, until the verb `unseal`
    sealed: bool
    #: repeats an id on purpose
    message_id: str | None


class Desk:
    """The base of every class of verbs. Numbers come in any form; who refuses raises SimulatorError."""

    def __init__(self, exchange: Exchange, media: MediaStore, sessions: list[PageSession]) -> None:
        self._exchange = exchange
        self._media = media
        self._sessions = sessions
        self._remarks = Remarks(exchange)
        self._circles = Circles(exchange)

    def _own(self, number: str) -> str:
        return self._exchange.person(number_of(number)).number

    def _message(self, seq: int) -> Message:
        message = self._exchange.state.message_at(seq)
        if message is None:
            raise SimulatorError(f"there is no message {seq}")
        return message

    def _send(self, number: str, to: str, content: Content, envelope: Envelope) -> Json:
        id_ = envelope.get("message_id") or "3A" + secrets.token_hex(9).upper()  # as phones make them
        own = self._own(number)
        partner = self._exchange.behind(to) if is_group(to) else self._own(to)
        if own == partner:
            raise SimulatorError("a phone cannot write to itself here")
        quote = envelope.get("quote")
        whole = replace(
            content,
            quoted=self._message(quote).id if quote is not None else None,
            mentions=tuple(self._own(each) for each in envelope.get("mentions", ())),
            forwarded=envelope.get("forwarded", False),
        )
        sealed = envelope.get("sealed", False)
        return as_json(self._exchange.accept(id_, own, partner, whole, sealed=sealed))
