"""From exported chats to what is replayed: who is the business in them, and who its customers are."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from chatgrow_bot.config import did_you_mean
from chatgrow_bot.errors import BadInput

from ..chats import Chat, Entry
from .nouns import Line, Material

#: After so long a silence, who writes begins a new talk.
_SILENCE = timedelta(hours=3)
#: Of what an exported chat left unsaid, so much is told.
_MOST_PROBLEMS = 5
#: Names that are listed when one is not found.
_MOST_NAMES = 8


def material_of(
    chats: Mapping[Path, Chat], business: Sequence[str], zone: tzinfo, connection: str = ""
) -> Material:
    """The messages of exported chats, each a chat of its own. `business` are the names under which the
    business writes; where none is given, it is guessed and told. Raises BadInput."""
    said = {path: [each for each in chat.entries if not each.is_system] for path, chat in chats.items()}
    names = Counter(entry.author for entries in said.values() for entry in entries)
    if not names:
        raise BadInput(f"there is no message in {' or '.join(path.name for path in chats)}")
    ours, notes = _ours(said, names, business)
    lines: list[Line] = []
    for path, entries in said.items():
        in_group = len({entry.author for entry in entries} - ours) > 1
        if in_group:
            notes.append(
                f"{path.name} is a group: only rules with `groups:` answer there. If several of these people"
                " are the business, name each: --business NAME --business NAME"
            )
        lines += [_line(path, entry, ours, in_group, zone) for entry in entries]
    problems = [f"{path.name}: {problem}" for path, chat in chats.items() for problem in chat.problems]
    if more := problems[_MOST_PROBLEMS:]:
        problems[_MOST_PROBLEMS:] = [f"... and {len(more)} more doubts about how to read it"]
    return Material(
        lines=tuple(sorted(lines, key=lambda line: line.at)),
        chats=len(chats),
        title=", ".join(path.name for path in chats) if len(chats) <= 3 else f"{len(chats)} exported chats",
        notes=(*notes, *problems),
        connection=connection,
    )


def _line(path: Path, entry: Entry, ours: set[str], in_group: bool, zone: tzinfo) -> Line:
    return Line(
        at=entry.at.replace(tzinfo=zone),
        chat=path.name,
        who=f"{entry.author}\n{'' if in_group else path.name}",  # two customers may have one name
        name=entry.author,
        text=entry.text,
        kind=entry.kind,
        is_ours=entry.author in ours,
        in_group=in_group,
        place=f"{path.name}:{entry.first_line}",
    )


def _ours(
    said: Mapping[Path, Sequence[Entry]], names: Counter[str], business: Sequence[str]
) -> tuple[set[str], list[str]]:
    """Who is the business, and what to tell of that."""
    if business:
        known = {_plain(name): name for name in names}
        if unknown := [name for name in business if _plain(name) not in known]:
            listed = ", ".join(f"'{name}'" for name, _ in names.most_common(_MOST_NAMES))
            meant = did_you_mean(unknown[0], list(names))
            raise BadInput(f"nobody is called '{unknown[0]}' here{meant}; there are {listed}")
        return {known[_plain(name)] for name in business}, []
    if len(names) == 1:
        [name] = names
        hint = "if that is the business, there is nothing to answer: export a chat in which customers write"
        return set(), [f"only '{name}' writes here, who is taken for a customer; {hint}"]
    begun = _begun(said)
    chats = Counter(name for entries in said.values() for name in {entry.author for entry in entries})
    # who is in the most of the chats; then who answers rather than begins; then who writes more
    guess = max(names, key=lambda name: (chats[name], -begun[name] / names[name], names[name]))
    if len(said) > 1 and chats[guess] > 1:
        why = f"writes in {chats[guess]} of {len(said)} chats"
    else:
        why = f"began {begun[guess]} of {sum(begun.values())} talks"
    return {guess}, [f"'{guess}' is taken for the business ({why}); --business NAME says otherwise"]


def _begun(said: Mapping[Path, Sequence[Entry]]) -> Counter[str]:
    """How often each was the one who wrote after a silence. A business answers; customers begin."""
    begun: Counter[str] = Counter()
    for entries in said.values():
        last: datetime | None = None
        for entry in entries:
            if last is None or entry.at - last > _SILENCE:
                begun[entry.author] += 1
            last = entry.at
    return begun


def _plain(name: str) -> str:
    """A name as it is compared: without the marks that phones set around it."""
    return "".join(char for char in name.casefold() if char.isprintable()).strip(" ~")
