"""What an agent is shown of a conversation: each message of the customer, and a summary before them."""

import re
from collections.abc import Collection

from chatgrow_bot.addresses import phone_of
from chatgrow_bot.hub import Conversation, Summary
from chatgrow_bot.messages import FILES, REMARKS, TEXT_LIMIT, Inbound, Kind, Outbound
from chatgrow_bot.payloads import Contacts, Deletion, Edit, Location, Poll, Reaction, Vote

from .texts import Texts

#: Characters of a name, of words that are quoted, and of a message in a summary.
_NAME, _QUOTE, _LINE = 40, 80, 300
#: Marks that would change how what follows a name looks: styles, quotes, directions.
_STYLES = re.compile("[*_~`#\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SAID = re.compile(r"agent .*, conversation #(\d+)", re.DOTALL)
_ABOUT = re.compile(r"conversation #(\d+)(?:, message (\w+))?")


def mark(number: int, message_id: str = "") -> str:
    """Why an agent is written to, as it is kept with the message: by it what he quotes is found again."""
    return f"conversation #{number}" + (f", message {message_id}" if message_id else "")


def marked(because: str) -> tuple[int, str] | None:
    """The conversation's number and the customer's message that a `mark` names."""
    found = _ABOUT.fullmatch(because)
    return (int(found[1]), found[2] or "") if found else None


def said_in(because: str) -> int | None:
    """The number of the conversation in which a person wrote what was sent because of that."""
    found = _SAID.fullmatch(because)
    return int(found[1]) if found else None


def name_of(conversation: Conversation) -> str:
    """The customer, in a line."""
    name = " ".join(_STYLES.sub("", conversation.name).split())[:_NAME]
    return name or phone_of(conversation.chat) or "?"


def relayed(texts: Texts, conversation: Conversation, message: Inbound, quoted: str) -> list[Outbound]:
    """A message as the agent gets it. `quoted` is what the message that it is about says, if it is known."""
    can_be_quoted = not (message.kind in REMARKS or message.from_me or isinstance(message.payload, Vote))
    because = mark(conversation.number, message.id if can_be_quoted else "")
    heading = f"*#{conversation.number} {name_of(conversation)}*"
    said = _said(texts, message, quoted)
    if message.from_me:
        said = texts.from_phone.format(words=said)
    above = Outbound(to="", text=f"{heading}\n{said}"[:TEXT_LIMIT] if said else heading, because=because)
    match message:
        case Inbound(payload=Location() | Contacts() as payload):
            return [above, Outbound(to="", payload=payload, because=because)]
        case Inbound(media=media) if media and message.kind in texts.sent:  # these show no caption
            return [above, Outbound(to="", media=media, because=because)]
        case Inbound(media=media) if media:
            return [Outbound(to="", text=above.text, media=media, because=because)]
    return [above]


def _said(texts: Texts, message: Inbound, quoted: str) -> str:
    """In words, what a message says; of a file its caption."""
    match message.payload:
        case Edit():
            return texts.edited.format(words=message.text)
        case Deletion():
            return texts.deleted
        case Reaction(emoji=emoji):
            return texts.reacted.format(emoji=emoji, words=cut(quoted)) if emoji else texts.unreacted
        case Vote(options=options):
            return texts.voted.format(options=", ".join(options)) if options else texts.unvoted
        case Poll(question=question, options=options):
            return texts.poll.format(question=question, options=", ".join(options))
    lines = [texts.quoting.format(words=cut(quoted))] if quoted else []
    if message.kind in FILES and message.media is None:
        lines.append(texts.no_file.format(kind=message.kind))
    elif message.kind is Kind.OTHER:
        lines.append(texts.other)
    lines += [texts.sent[message.kind]] if message.kind in texts.sent and message.media is not None else []
    lines += [texts.sent[message.kind]] if isinstance(message.payload, Location | Contacts) else []
    return "\n".join([*lines, message.text] if message.text else lines)


def cut(words: str, most: int = _QUOTE) -> str:
    """Words in one line, not too long."""
    line = " ".join(words.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def summary_of(texts: Texts, summary: Summary, follow: Collection[str], goes: str) -> str:
    """What an agent reads first. Messages with these ids `follow` one by one, and are left out; `goes` says
    where his words go."""
    conversation = summary.conversation
    values = {"number": conversation.number, "name": name_of(conversation), "team": conversation.team}
    lines = [texts.yours.format(**values)]
    if conversation.name and (phone := phone_of(conversation.chat)):
        lines.append(phone)
    lines.append(goes)
    if conversation.note:
        lines.append(texts.note.format(note=conversation.note))
    if summary.tags:
        lines.append(texts.tags.format(tags=", ".join(summary.tags)))
    lines += [texts.field.format(name=name, value=value) for name, value in summary.fields.items()]
    lines += [texts.colleague_noted.format(by=each.by, note=each.note) for each in summary.notes]
    before = [_line(texts, summary, at) for at, each in enumerate(summary.messages) if each.id not in follow]
    return "\n".join([*lines, *([texts.before, *before] if before else [])])[:TEXT_LIMIT]


def _line(texts: Texts, summary: Summary, at: int) -> str:
    message = summary.messages[at]
    is_ours = not isinstance(message, Inbound) or message.from_me
    words = cut(summary.texts.get(message.id, ""), _LINE) or f"({message.kind})"
    return f"{texts.bot if is_ours else name_of(summary.conversation)}: {words}"
