"""From a decision to what the core is handed: messages, deeds, calls of web addresses, actions of other
plugins. What another plugin's action cannot do is told, and holds up nothing else."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from chatgrow_bot.errors import ChatgrowError
from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.payloads import Reaction
from chatgrow_bot.responses import Customer, Deed, Finish, Response, Tally

from .actions import Calling, Doing, Reacting, Running, Saying
from .book import MOST, Book, Decision, Lost, Rule
from .calls import Call
from .parts import Parts
from .tracing import trace_of

#: Characters of a tally's name.
_NAME = 64
#: Keeps calls of web addresses, on disk when it returns.
Keep = Callable[[str, str, Sequence[Call]], Awaitable[None]]


@dataclass(slots=True)
class Responding:
    """One message, while it is answered."""

    message: Inbound
    customer: Customer
    messages: list[Outbound] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)  #: what other plugins could not do
    failed: dict[str, str] = field(default_factory=dict)  #: the same by rule id, as its trace tells it

    async def respond(self, book: Book, decision: Decision, parts: Parts) -> Response:
        """Everything that the decision says, with its trace."""
        if decision.step and not decision.expects:
            self.deeds.append(Finish())  # first: what hands him over finds nothing open
        for rule, done in decision.done:
            match done:
                case Saying():
                    self.messages.append(self._message(rule, done))
                case Reacting():
                    self.messages.append(self._reaction(rule, done))
                case Doing():
                    self.deeds.append(done.deed)
                case Calling():
                    self.calls.append(self._call(rule, done))
                case Running():
                    await self._run(rule, done, parts)
        if decision.expects:
            self.deeds.append(decision.expects)
        self.deeds += _counted(decision)[: max(0, MOST - len(self.deeds))]
        return Response(
            messages=tuple(self.messages),
            deeds=tuple(self.deeds),
            is_done=bool(decision.rules) or decision.step is not None,
            trace=trace_of(book, decision, self.failed),
        )

    def _message(self, rule: Rule | Lost | Lost, said: Saying) -> Outbound:
        return Outbound(
            to=said.to or self.message.chat,
            text=said.text,
            file=said.file,
            payload=said.payload,
            about=self.message.id if said.quoted and not said.to else "",
            connection_id=said.connection,
            send_at=self.message.received_at + said.after if said.after else None,
            because=str(rule),
        )

    def _reaction(self, rule: Rule | Lost | Lost, done: Reacting) -> Outbound:
        return Outbound(
            to=self.message.chat,
            payload=Reaction(emoji=done.emoji),
            about=self.message.id,
            send_at=self.message.received_at + done.after if done.after else None,
            because=str(rule),
        )

    def _call(self, rule: Rule | Lost | Lost, done: Calling) -> Call:
        message = self.message
        body = {
            "rule": rule.id,
            "messageId": message.id,
            "connectionId": message.connection_id,
            "chat": message.chat,
            "data": dict(done.data),
        }
        return Call(rule=str(rule), url=done.url, body=body, headers=dict(done.headers))

    async def _run(self, rule: Rule | Lost | Lost, done: Running, parts: Parts) -> None:
        known = parts.actions.get(done.name)
        if known is None:
            self._trouble(rule, f"'{done.name}' is gone")
            return
        try:
            response = await known.run(self.message, self.customer, done.value)
        except ChatgrowError as error:
            self._trouble(rule, f"'{done.name}' failed: {error.detail}")
            return
        self.messages += response.messages
        self.deeds += response.deeds

    def _trouble(self, rule: Rule | Lost | Lost, what: str) -> None:
        self.troubles.append(f"{rule}: {what}")
        self.failed[rule.id] = f"{self.failed.get(rule.id, '')}, but {what}"


def _counted(decision: Decision) -> list[Deed]:
    """What is added to the figures of the day; the first to go where there is no room."""
    counted: list[Deed] = [Tally(what="rule", name=rule.id) for rule in decision.rules]
    if decision.step and decision.step.left:
        counted.append(Tally(what="left", name=decision.step.left[:_NAME]))
    return counted
