"""Talks with rules: what is asked is there again when the customer writes next."""

import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chatgrow_bot.messages import Inbound
from chatgrow_bot.responses import Customer, Dialogue

from ..conftest import NOON

conditions: Any = sys.modules["chatgrow_plugins.auto_reply.conditions"]
loading: Any = sys.modules["chatgrow_plugins.auto_reply.loading"]
rehearsal: Any = sys.modules["chatgrow_plugins.auto_reply.rehearsal"]
rules: Any = sys.modules["chatgrow_plugins.auto_reply.rules"]
tracing: Any = sys.modules["chatgrow_plugins.auto_reply.tracing"]


class Chat:
    """One customer's chat: `chat.say("2")` is what he is told then."""

    def __init__(self, book: Any, inbound: Callable[..., Inbound]) -> None:
        self.book, self.inbound = book, inbound
        self.state: Mapping[str, Any] | None = None
        self.decision: Any = None
        self.sender = "972541112233@c.us"

    def say(self, text: str = "", *, now: datetime = NOON, **message: Any) -> str:
        """The reply. Whatever it is, the dialogue is in a known state then."""
        until = now + timedelta(hours=1)
        dialogue = Dialogue(state=self.state, asked_at=now, until=until) if self.state else None
        customer = Customer(chat=self.sender, dialogue=dialogue)
        facts = conditions.Facts(now=now, customer=customer)
        given = {"chat": self.sender, **message}
        self.decision = rules.decide(self.book, self.inbound(text, **given), facts)
        self.state = self.decision.expects.state if self.decision.expects else None
        return str(rehearsal.reply_of(self.decision))

    @property
    def asks(self) -> str:
        """The question that is open."""
        return str(self.state["question"]) if self.state else ""

    @property
    def does(self) -> list[str]:
        """What the last message brought about besides."""
        return list(rehearsal.deeds_of(self.decision))

    @property
    def told(self) -> str:
        """The first line of the last message's trace."""
        trace = tracing.trace_of(self.book, self.decision)
        return str(trace.marks.get(0, trace.page.lines[0]))

    def again(self) -> "Chat":
        """Another chat that is as far."""
        other = Chat(self.book, self.inbound)
        other.state = self.state
        return other


@pytest.fixture
def chat(
    write: Callable[[str, str], Path], folder: Path, inbound: Callable[..., Inbound]
) -> Callable[[str], Chat]:
    """A chat with the rules of one text."""

    def chat(text: str) -> Chat:
        write("test", text)
        book = loading.load_folder(folder)
        assert book.problems == ()
        return Chat(book, inbound)

    return chat


@pytest.fixture
def problems(write: Callable[[str, str], Path], folder: Path) -> Callable[[str], list[str]]:
    """What is wrong with the rules of a text."""

    def problems(text: str) -> list[str]:
        write("test", text)
        return [problem.message for problem in loading.load_folder(folder).problems]

    return problems
